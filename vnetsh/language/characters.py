"""Characters that cannot stand in a sentence, each with what was probably meant."""

from __future__ import annotations

import re
import unicodedata

from vnetsh.diagnostics import Diagnostic, Source, Span

_NO_SIGN = (
    "a tunnel's ends are joined by `<->`: `kvm1<->kvm2`; a condition has blanks around it: `memory > 1G`"
)

_HINTS = {
    ">": ("`>` means nothing here", _NO_SIGN),
    "<": ("`<` means nothing here", _NO_SIGN),
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


_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def hidden(text: str) -> int | None:
    """Where a text has the first character that acts on a terminal or turns the direction of a line; None: nowhere."""
    match = None if text.isprintable() else _HIDDEN.search(text)
    return match.start() if match else None


def hidden_in(text: str, span: Span) -> Diagnostic:
    """The problem of a text that has such a character, first of all its first one."""
    char = text[hidden(text) or 0]
    message = f"the character U+{ord(char):04X} cannot stand in a script"
    return Diagnostic(
        "E001", message, span, help="take it out: a reader could see something else than is read"
    )


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
    if _HIDDEN.match(char):
        return hidden_in(char, Span(source, start, start + 1))
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
