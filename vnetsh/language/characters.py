"""Characters that cannot stand in a sentence, each with what was probably meant."""

from __future__ import annotations

import unicodedata

from vnetsh.diagnostics import Diagnostic, Source, Span

_HINTS = {
    ">": ("`>` means nothing here", "a tunnel's ends are joined by `<->`: `kvm1<->kvm2`"),
    "<": ("`<` means nothing here", "a tunnel's ends are joined by `<->`: `kvm1<->kvm2`"),
    "'": ("`'` does not quote", 'quote with `"`, and only values that have blanks'),
    "`": ("a backquote means nothing here", "leave it out: names stand as they are"),
    "\\": ("`\\` is not at the end of its line", "it continues a line only as its last character"),
    "(": ("parentheses mean nothing here", "leave them out: a list is `kvm1, kvm2`, a block is `{ … }`"),
    ")": ("parentheses mean nothing here", "leave them out: a list is `kvm1, kvm2`, a block is `{ … }`"),
    "[": ("this range is not closed", "a range stands inside a name, without blanks: `kvm[1-4]`"),
    "]": ("`]` closes nothing", "a range stands inside a name, without blanks: `kvm[1-4]`"),
    "&": ("`&` means nothing here", "sentences are separated by line ends or `;`"),
    "#": ("`#` stands in the middle of a word", "put a blank before a comment; quote a value that has a `#`"),
}

# What keyboards, chats and word processors make of plain characters; letters of other scripts that look Latin.
_PLAIN = {
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛′", '"'),
    **dict.fromkeys("↔⟷⇔", "<->"),
    **dict.fromkeys("→⟶⇒", "->"),
    **dict.fromkeys("，、", ","),
    "；": ";",
    "…": "..",
    **dict(zip("аеорсухіѕјԁһкмтАВЕКМНОРСТХ", "aeopcyxisjdhkmtABEKMHOPCTX", strict=True)),
    **dict(zip("αονικΑΒΕΗΙΚΜΝΟΡΤΧ", "aovikABEHIKMNOPTX", strict=True)),
}


_DASHES = {ord(char): "-" for char, plain in _PLAIN.items() if plain == "-"}


def look_alike(char: str) -> str:
    """The plain characters that a special one was probably meant to be; empty when there are none."""
    if char in _PLAIN:
        return _PLAIN[char]
    plain = unicodedata.normalize("NFKC", char)
    if unicodedata.category(char) == "Zs":
        return " "
    return plain if char > "\x7f" and plain.isascii() and plain.isprintable() else ""


def strange_characters(text: str) -> str:
    """What is wrong with a word's characters beyond ASCII: empty, or a sentence that names the first."""
    for char in text:
        meant = look_alike(char) if char > "\x7f" else ""
        if meant:
            name = unicodedata.name(char, "").lower() or f"U+{ord(char):04X}"
            return f"`{char}` (U+{ord(char):04X}, {name}) only looks like `{meant}`: type that one"
    return ""


def bad_character(source: Source, start: int, end: int) -> Diagnostic:
    """The problem of a character that no word has, or of a string that does not end."""
    char = source.text[start]
    place = Span(source, start, end)
    if char == '"':
        return Diagnostic(
            "E002", "this string does not end", place, "opened here", 'close it with `"` on the same line'
        )
    arrow = source.text[start : start + 3]
    if arrow.translate(_DASHES) == "<->" and arrow != "<->":
        return Diagnostic(
            "E001",
            f"`{arrow}` is not `<->`",
            Span(source, start, start + 3),
            help="with an ordinary hyphen: `<->`",
        )
    shown = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
    if char in _HINTS:
        message, help = _HINTS[char]
    elif meant := look_alike(char):
        name = unicodedata.name(char, "").lower()
        message = f"{shown} ({f'U+{ord(char):04X}, ' if char.isprintable() else ''}{name}) is not `{meant}`"
        help = f"type `{meant}`" if meant != " " else "type an ordinary blank"
    else:
        message, help = f"{shown} cannot stand here", "quote a value that has such characters"
    return Diagnostic("E001", message, place, help=help)
