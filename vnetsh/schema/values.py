"""The types of values: how a word of a sentence is read, checked, shown, and said in words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from vnetsh.model import Value


class BadValue(ValueError):
    """A value that its type does not take; `help` says what it would."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True)
class ValueType:
    """How an attribute's value is read, checked, shown and completed.

    `what` names it in messages ("a host"); `ref` is the kind whose names fit the slot; `many` takes a comma
    list, `link` takes `a<->b`, `flag` takes no value at all.
    """

    what: str = "a word"
    ref: str = ""
    many: bool = False
    link: bool = False
    flag: bool = False

    def words(self) -> Sequence[str]:
        """The values that can be listed (for completion and did-you-mean)."""
        return ()

    def describe(self) -> str:
        """What it takes, in words, with its range and units (for the manual and `help`)."""
        return "no value" if self.flag else self.what

    def parse(self, text: str) -> Any:
        """The value a word stands for. Raises `BadValue`."""
        return text

    def show(self, value: Value) -> str:
        """The value as a user would write it."""
        if isinstance(value, tuple):
            return ("<->" if self.link else ", ").join(map(str, value))
        return str(value)


_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


@dataclass(frozen=True)
class Name(ValueType):
    """A name: letters, digits, `_`, `.` and `-`, these two not at an end; 63 characters at most, or `longest`."""

    what: str = "a name"
    longest: int = 63

    def describe(self) -> str:
        """What is named, and how long the name may be where that is less than usual."""
        return (
            self.what if self.longest == Name.longest else f"{self.what}, at most {self.longest} characters"
        )

    def parse(self, text: str) -> str:
        """The name itself."""
        if not _NAME.match(text):
            raise BadValue(
                f"`{text}` is not a name",
                "letters, digits, `_`, `.` and `-`; not beginning or ending with `-` or `.`",
            )
        if len(text) > self.longest:
            raise BadValue(
                f"`{text}` has {len(text)} characters; at most {self.longest} fit",
                "the kernel keeps 15 characters of an interface's name" if self.longest == 15 else "",
            )
        return text


@dataclass(frozen=True)
class Text(ValueType):
    """Any word or quoted string."""

    what: str = "a text"


@dataclass(frozen=True)
class Integer(ValueType):
    """A whole number in a range, both ends included."""

    what: str = "a number"
    least: int = 0
    most: int = 2**32 - 1

    def describe(self) -> str:
        """What is counted, and its range."""
        return f"{self.what}, {self.least} to {self.most}"

    def parse(self, text: str) -> int:
        """The number."""
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise BadValue(f"`{text}` is not {self.what}", f"a number from {self.least} to {self.most}")
        value = int(text)
        if not self.least <= value <= self.most:
            raise BadValue(f"{value} is out of range", f"{self.what}: {self.least} to {self.most}")
        return value


@dataclass(frozen=True)
class Amount(ValueType):
    """A whole number above 0 with a unit, kept in the smallest unit and shown in the largest that is exact.

    `units` are in the order in which they are tried for showing; upper and lower case are the same.
    """

    units: ClassVar[Mapping[str, int]] = {}
    examples: ClassVar[tuple[str, ...]] = ()
    note: ClassVar[str] = ""

    def describe(self) -> str:
        """What is measured, with examples and the units there are."""
        *others, last = reversed(list(self.units))
        note = f", {self.note}" if self.note else ""
        return f"{self.what}: {self._examples()}; in {', '.join(others)} or {last}{note}"

    def _examples(self) -> str:
        return ", ".join(f"`{example}`" for example in self.examples)

    def factor(self, unit: str) -> int:
        """What a unit is worth in the smallest one; 0 when there is none of that name."""
        return next((worth for name, worth in self.units.items() if name.lower() == unit.lower()), 0)

    def parse(self, text: str) -> int:
        """The amount in the smallest unit."""
        match = re.fullmatch(r"([0-9]{1,12})([A-Za-z]*)", text)
        value = int(match[1]) * self.factor(match[2]) if match else 0
        if not value:
            raise BadValue(f"`{text}` is not {self.what}", f"a number and a unit: {self._examples()}")
        return value

    def show(self, value: Value) -> str:
        """The shortest exact form."""
        assert isinstance(value, int)
        unit, worth = next((u, w) for u, w in self.units.items() if value % w == 0 and (value or w == 1))
        return f"{value // worth}{unit}"


@dataclass(frozen=True)
class Size(Amount):
    """An amount of memory or disk, kept in bytes; written `512M` or `2G` (powers of 1024; no unit: MiB)."""

    what: str = "a size"
    units: ClassVar[Mapping[str, int]] = {"T": 2**40, "G": 2**30, "M": 2**20, "K": 2**10, "B": 1}
    examples: ClassVar[tuple[str, ...]] = ("512M", "2G")
    note: ClassVar[str] = "powers of 1024, M where none is said"

    def factor(self, unit: str) -> int:
        """Bytes; `MB` and `MiB` are `M`."""
        return super().factor(re.sub(r"(?i)(?<=[KMGT])i?B\Z", "", unit) or "M")


@dataclass(frozen=True)
class Rate(Amount):
    """An amount of data in a second, kept in bits per second; written `10Mbit` or `1Gbit` (powers of 1000)."""

    what: str = "a rate"
    units: ClassVar[Mapping[str, int]] = {
        "Tbit": 10**12,
        "Gbit": 10**9,
        "Mbit": 10**6,
        "kbit": 10**3,
        "bit": 1,
    }
    examples: ClassVar[tuple[str, ...]] = ("10Mbit", "1Gbit")
    note: ClassVar[str] = "powers of 1000, per second"


@dataclass(frozen=True)
class Duration(Amount):
    """A span of time, kept in milliseconds; written `50ms`, `30s` or `5m`."""

    what: str = "a duration"
    units: ClassVar[Mapping[str, int]] = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    examples: ClassVar[tuple[str, ...]] = ("50ms", "30s", "5m")


@dataclass(frozen=True)
class Choice(ValueType):
    """One of a few words. `others` says why there is none, where plugins bring them."""

    what: str = "a choice"
    choices: tuple[str, ...] = ()
    others: str = ""

    def words(self) -> Sequence[str]:
        """The choices."""
        return self.choices

    def describe(self) -> str:
        """The choices."""
        if not self.choices:
            return self.others
        return "one of " + ", ".join(f"`{choice}`" for choice in self.choices)

    def parse(self, text: str) -> str:
        """The choice itself."""
        if text not in self.choices:
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text


@dataclass(frozen=True)
class Address(ValueType):
    """An IPv4 or IPv6 address."""

    what: str = "an address"

    def describe(self) -> str:
        """Which addresses."""
        return f"{self.what}, IPv4 or IPv6: `192.0.2.1`, `2001:db8::1`"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise BadValue(f"`{text}` is not an IP address", "such as `192.0.2.1` or `2001:db8::1`") from None


@dataclass(frozen=True)
class Subnet(ValueType):
    """An IPv4 or IPv6 network, in its usual form.

    Two things of a script must not have subnets that overlap (E214), unless `overlaps` allows it: for networks that
    never meet, as those that each tenant has for itself.
    """

    what: str = "a subnet"
    overlaps: bool = False

    def describe(self) -> str:
        """Which subnets."""
        return f"{self.what}, IPv4 or IPv6: `192.0.2.0/24`, `2001:db8::/64`"

    def parse(self, text: str) -> str:
        """The subnet in its usual form."""
        try:
            if "/" not in text or "%" in text:
                raise ValueError(text)
            said = ipaddress.ip_interface(text)
        except ValueError:
            help = "an address and the length of its prefix: `192.0.2.0/24` or `2001:db8::/64`"
            raise BadValue(f"`{text}` is not {self.what}", help) from None
        if said.ip != said.network.network_address:
            raise BadValue(
                f"`{text}` has bits set after its prefix", f"the subnet that it lies in is `{said.network}`"
            )
        return str(said.network)


@dataclass(frozen=True)
class Mac(ValueType):
    """A unicast Ethernet address, in lower case with colons."""

    what: str = "a MAC address"

    def describe(self) -> str:
        """Which addresses."""
        return f"{self.what}, not a multicast one: `52:54:00:12:34:56`"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        mac = text.lower().replace("-", ":")
        if not re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", mac):
            raise BadValue(f"`{text}` is not a MAC address", "six bytes: `52:54:00:12:34:56`")
        if int(mac[:2], 16) & 1:
            raise BadValue(
                f"`{text}` is a multicast address", "the first byte of a NIC's own address is even"
            )
        return mac


FLAG = ValueType(what="nothing", flag=True)
HOST = Name(what="a host", ref="host")
HOSTS = Name(what="a list of hosts", ref="host", many=True)
ENDS = Name(what="a pair of hosts", ref="host", link=True)
BRIDGE = Name(what="a bridge", ref="bridge", longest=15)
PORT = Name(what="a port's name", longest=15)
VM = Name(what="a vm", ref="vm")
