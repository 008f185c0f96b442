"""How values go over the wire, and how vswitchd reads what others wrote."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vnetsh.model import Value
from vnetsh_ovsdb.operations import as_list, as_scalar, as_set

NONE = as_set([])
_INHERIT = "inherit"
_NUMERAL = re.compile("0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


@dataclass(frozen=True)
class Form:
    """How a value goes over the wire. `read` gives None for what cannot be said.

    `empty` is the column's default value, and `unset` what that says.
    """

    read: Callable[[Any], Value]
    write: Callable[[Any], object]
    empty: object = field(default_factory=lambda: NONE)
    unset: Value = None


def _number_in(text: Any) -> Value:
    """A tunnel's key as vswitchd reads it, by C's rules; None of `flow`: that is set by OpenFlow."""
    digits = str(text).strip()
    if not _NUMERAL.fullmatch(digits):
        return None
    return int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)


def _address_in(text: Any) -> Value:
    """An address in its usual form; what vswitchd takes for none (a name, leading zeros) as it is."""
    if ":" not in str(text):
        return str(text)
    import ipaddress

    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(text))
    return str(text)


def _hops_in(text: Any) -> Value:
    """A TTL as vswitchd reads it, by atoi; None of what is none."""
    value = int(text) if str(text).isdecimal() else text
    return value if value == _INHERIT or value in range(1, 256) else None


def _service_in(text: Any) -> Value:
    """A type of service as vswitchd reads it; None of what it does not take: the two lowest bits are ECN's."""
    value = _INHERIT if text == _INHERIT else _number_in(text)
    return value if value == _INHERIT or value in range(0, 256, 4) else None


def but(usual: str) -> Form:
    """A word, of which the usual one says nothing."""
    return Form(lambda value: None if as_scalar(value) == usual else as_scalar(value), str)


def _milliseconds_in(text: Any) -> Value:
    """Milliseconds, of microseconds; None of what no sentence says."""
    whole, rest = divmod(int(text), 1000) if str(text).isdecimal() else (0, 1)
    return None if rest else whole


YES = Form(lambda value: "yes" if value else None, lambda value: value == "yes", False)
PLAIN = Form(as_scalar, lambda value: value)
TYPE = Form(
    lambda value: value or "system", lambda value: "" if value in ("system", "bond") else value, "", "system"
)
NUMBERS = Form(lambda value: tuple(sorted(as_list(value))) or None, as_set)
ADDRESS = Form(_address_in, str)
NUMBER = Form(_number_in, str)
RATE = Form(lambda text: int(text) if str(text).isdecimal() else None, str)
DELAY = Form(_milliseconds_in, lambda value: str(value * 1000))
LOSS = Form(lambda text: int(text) * 100 if str(text).isdecimal() else None, lambda value: str(value // 100))
HOPS = Form(_hops_in, str)
SERVICE = Form(_service_in, str)
BOOLEAN = Form(lambda text: "yes" if text == "true" else "no", lambda value: str(value == "yes").lower())
ENABLED = Form(lambda text: "yes" if text == "true" else None, lambda value: "true" if value else "false")
