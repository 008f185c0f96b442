"""A TextMate grammar of the vocabulary: colours for editors without a language server.

`vnetsh lsp --textmate` prints it with the words of all plugins that are installed; the one in `data/` has those of
vnetsh itself, and a test keeps it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vnetsh.schema import CONTROL, Block, SentenceSchema, Vocabulary
from vnetsh_lsp.said_words import said_words

_END = r"(?=\n|[;}])"
"""Where a sentence ends: with its line, unless that is continued; before `;` and `}`."""
_END_OR_BLOCK = r"(?=\n|[;{}])"


def textmate(vocabulary: Vocabulary) -> Mapping[str, object]:
    """The grammar, as the value that its JSON file holds."""
    kinds = [kind for kind in vocabulary.kinds.values() if kind.sayable]
    verbs = list(vocabulary.verbs.values())
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "vnet",
        "scopeName": "source.vnet",
        "fileTypes": ["vnet"],
        "patterns": [{"include": "#comment"}, {"include": "#sentence"}, {"include": "#values"}],
        "repository": {
            "comment": _match("comment.line.number-sign.vnet", r"(?<![^\s;{}])#.*$"),
            "sentence": {
                "patterns": [
                    *(
                        _sentence(schema, "keyword.control.vnet", "variable.other.vnet")
                        for schema in CONTROL.values()
                    ),
                    *(_sentence(schema, "storage.type.vnet", "entity.name.type.vnet") for schema in kinds),
                    *(
                        _sentence(schema, "support.function.vnet", "entity.name.type.vnet")
                        for schema in verbs
                    ),
                ]
            },
            "string": {
                "name": "string.quoted.double.vnet",
                "begin": '"',
                "end": '"|$',
                "patterns": [_match("constant.character.escape.vnet", r"\\."), {"include": "#variable"}],
            },
            "variable": _match("variable.other.vnet", r"\$(?:\{[^{}\s]*\}|[A-Za-z_]\w*)"),
            "range": _match("constant.other.range.vnet", r"\[[^\[\]\s]*\]"),
            "number": _match(
                "constant.numeric.vnet",
                r"(?<![\w.:/@%+~-])\d+(?:\.\.\d+|-\d+|(?:[KMGT]i?)?(?:B|bit)?|[mu]?s|(?:\.\d+)?%)(?![\w.:/@%+~-])",
            ),
            "operator": _match("keyword.operator.vnet", r"<->|->|,"),
            # It takes the line's end with it, so that no sentence ends before that.
            "continued": _match("punctuation.separator.continuation.vnet", r"\\[ \t]*\r?\n"),
            "none": _match("constant.language.vnet", _words(["none"])),
            "values": {
                "patterns": [
                    {"include": f"#{name}"}
                    for name in ("continued", "string", "variable", "range", "number", "operator", "none")
                ]
            },
        },
    }


def _sentence(schema: SentenceSchema, head: str, name: str) -> Mapping[str, object]:
    """A sentence from its head word: its name, its keys and parts, the words that its attributes take."""
    subject = r"(?:[ \t]+((?:\$\{[^{}\s]*\}|[^\s;,{}\"#])+))?" if schema.subject else ""
    said = said_words(schema)
    captures: dict[str, object] = {"1": {"name": head}}
    if schema.subject:
        captures["2"] = {"name": name, "patterns": [{"include": "#variable"}, {"include": "#range"}]}
    key_scope = "keyword.control.vnet" if schema.name in CONTROL else "entity.other.attribute-name.vnet"
    patterns: list[object] = [{"include": "#comment"}]
    if said.parts:
        patterns.append(_match("storage.modifier.vnet", _words(said.parts)))
    if said.keys:
        patterns.append(_match(key_scope, _words(said.keys)))
    if said.choices:
        patterns.append(_match("constant.language.vnet", _words(said.choices)))
    patterns.append({"include": "#values"})
    # What stands in the braces of a noun or verb is mostly said of it; a loop's block holds sentences.
    parts_follow = schema.block is Block.PARTS and schema.name not in CONTROL
    own = [{"begin": r"\{", "end": r"\}", "patterns": patterns}] if parts_follow else []
    return {
        "begin": rf"(?:^|(?<=[;{{}}]))[ \t]*({re.escape(schema.name)})(?![\w.:/@%+~-]){subject}",
        "beginCaptures": captures,
        "end": _END if own else _END_OR_BLOCK,
        "patterns": [*own, *patterns],
    }


def _match(name: str, pattern: str) -> Mapping[str, object]:
    return {"name": name, "match": pattern}


def _words(words: Iterable[str]) -> str:
    """Any of these as a whole word; the longest first, so that `ssh-config` is not `ssh`."""
    longest = sorted(set(words), key=lambda word: (-len(word), word))
    return rf"(?<![\w.:/@%+~$-])(?:{'|'.join(map(re.escape, longest))})(?![\w.:/@%+~-])"
