"""Text that others control, made harmless: what could act on a terminal, or only hides there, is spelled out."""

from __future__ import annotations


def plain(text: str) -> str:
    """A text in one line, its unprintable characters spelled out: those that control, turn or hide what is seen."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


_BLANKS = frozenset("\xa0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))


def _spelled(char: str) -> str:
    if char in _BLANKS:
        return char
    if char == "\x7f":
        return "\\u007f"  # the one that `json` leaves as it is: so it is spelled right there, too
    return char.encode("unicode_escape").decode()


def said(message: str) -> str:
    """A message of several lines, such as a daemon's: each in one line, and none could be taken for another message."""
    return "\n    ".join(map(plain, message.strip().split("\n")))


def shell_word(word: str) -> str:
    """A word for a shell, printable whatever it holds: then as `$'…'`, which bash and zsh read."""
    import shlex

    if word.isprintable():
        return shlex.quote(word)
    inner = word.replace("\\", r"\\").replace("'", r"\'")
    return "$'" + "".join(char if char.isprintable() else _bytes(char) for char in inner) + "'"


def _bytes(char: str) -> str:
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", errors))
