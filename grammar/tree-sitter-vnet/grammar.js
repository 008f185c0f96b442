// The shapes of sentences for tree-sitter, as ../vnet.lark has them; what words mean is in queries/highlights.scm,
// which scripts/tree-sitter writes from the vocabulary. A script that vnetsh refuses may be taken here.

const WORD = /(-*([\p{L}\p{M}\p{N}_./:@%+~=*?!^|$]|\$\{[^{}\s]*\}|\[[^\[\]\s]*\]))+/u

module.exports = grammar({
  name: 'vnet',

  extras: $ => [/[ \t\r\uFEFF]/, /\\[ \t]*\r?\n/, $.comment],

  rules: {
    // Sentences; one ends with its line, at `;`, or with its block.
    script: $ => seq(repeat($._ended), optional($.sentence)),

    _ended: $ => choice($._end, seq($.sentence, $._end), alias($._with_block, $.sentence)),

    _end: _ => choice('\n', ';'),

    sentence: $ => prec.right(seq(field('head', $.word), repeat($._item))),

    _with_block: $ => seq(field('head', $.word), repeat($._item), $.block),

    block: $ => seq('{', repeat($._ended), optional($.sentence), '}'),

    _item: $ => choice($._value, $.list, $.link, $.way),

    list: $ => seq($._value, repeat1(seq(',', $._value))),

    link: $ => seq($._value, '<->', $._value),

    way: $ => seq($._value, '->', $._value),

    _value: $ => choice($.variable, $.number, $.word, $.string, $.order),

    // Of two that take as much the first one counts: so a number is a number, and `10.0.0.1` a word.
    variable: _ => /\$([A-Za-z_][A-Za-z0-9_]*|\{[^{}\s]*\})/,

    number: _ => /[0-9]+(\.[0-9]+)?([KMGT]i?)?(B|bit|[mu]?s|m|h|%)?|[0-9]+\.\.[0-9]+|[0-9]+-[0-9]+/,

    // It ends in no hyphen, or `a->b` would be `a-` and `>b`: so hyphens may stand alone.
    word: _ => token(choice(WORD, /-+/)),

    string: $ => seq('"', repeat(choice($.escape, $.variable_inside, $._text)), token.immediate('"')),

    escape: _ => token.immediate(/\\./),

    variable_inside: _ => token.immediate(/\$([A-Za-z_][A-Za-z0-9_]*|\{[^{}\s"]*\})/),

    // Before a comment: in a string `#` is a character.
    _text: _ => token.immediate(prec(1, /[^"\\\n$]+|\$/)),

    order: _ => /[<>]=?/,

    comment: _ => /#[^\n]*/,
  },
})
