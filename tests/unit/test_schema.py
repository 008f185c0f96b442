from __future__ import annotations

import pytest

from vnetsh.schema import (
    FLAG,
    PORT,
    Address,
    BadValue,
    Choice,
    Duration,
    Integer,
    Mac,
    Name,
    Rate,
    Size,
    Subnet,
    ValueType,
)


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        (Size(), "512M", 512 * 2**20),
        (Size(), "2g", 2 * 2**30),
        (Size(), "512", 512 * 2**20),
        (Size(), "1GiB", 2**30),
        (Size(), "100B", 100),
        (Size(), "7kb", 7 * 2**10),
        (Rate(), "10Mbit", 10_000_000),
        (Rate(), "1Gbit", 10**9),
        (Rate(), "64kbit", 64_000),
        (Rate(), "2500mbit", 2_500_000_000),
        (Rate(), "9bit", 9),
        (Duration(), "50ms", 50),
        (Duration(), "30s", 30_000),
        (Duration(), "5m", 300_000),
        (Duration(), "2h", 7_200_000),
        (Integer(least=1, most=4094), "4094", 4094),
        (Address(), "2001:DB8::1", "2001:db8::1"),
        (Subnet(), "192.0.2.0/24", "192.0.2.0/24"),
        (Subnet(), "192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        (Subnet(), "2001:DB8:0::/48", "2001:db8::/48"),
        (Subnet(), "0.0.0.0/0", "0.0.0.0/0"),
        (Mac(), "52-54-00-AB-cd-ef", "52:54:00:ab:cd:ef"),
        (Name(), "a.b-c_d", "a.b-c_d"),
        (PORT, "x" * 15, "x" * 15),
    ],
)
def test_good(type: ValueType, text: str, value: object) -> None:
    assert type.parse(text) == value


@pytest.mark.parametrize(
    ("type", "text"),
    [
        (Size(), "0"),
        (Size(), "1.5G"),
        (Size(), "M"),
        (Size(), "5X"),
        (Size(), "5iB"),
        (Size(), "5bit"),
        (Rate(), "0Mbit"),
        (Rate(), "10"),
        (Rate(), "10M"),
        (Rate(), "10MB"),
        (Rate(), "10Mbit/s"),
        (Rate(), "2.5Gbit"),
        (Rate(), "-1Mbit"),
        (Duration(), "0s"),
        (Duration(), "5"),
        (Duration(), "5 s"),
        (Duration(), "1d"),
        (Duration(), "٥s"),
        (Integer(least=1, most=4094), "0"),
        (Integer(), "9" * 30),
        (Integer(), "١"),
        (Address(), "192.0.2.256"),
        (Subnet(), "192.0.2.0"),
        (Subnet(), "192.0.2.0/33"),
        (Subnet(), "192.0.2.1/24"),
        (Subnet(), "2001:db8::1/64"),
        (Subnet(), "fe80::%eth0/64"),
        (Subnet(), "lan/24"),
        (Mac(), "01:00:5e:00:00:01"),
        (Name(), "a-"),
        (Name(), "-a"),
        (Name(), "a b"),
        (Name(), ""),
        (Name(), "ä"),
        (PORT, "x" * 16),
        (Choice(choices=("a", "b")), "c"),
    ],
)
def test_bad(type: ValueType, text: str) -> None:
    with pytest.raises(BadValue):
        type.parse(text)


@pytest.mark.parametrize(
    ("text", "right"), [("192.0.2.7/24", "192.0.2.0/24"), ("2001:DB8::7/64", "2001:db8::/64")]
)
def test_a_subnet_with_bits_after_its_prefix_names_the_right_one(text: str, right: str) -> None:
    with pytest.raises(BadValue, match="bits set after its prefix") as bad:
        Subnet().parse(text)
    assert bad.value.help == f"the subnet that it lies in is `{right}`"


@pytest.mark.parametrize(
    ("type", "text"),
    [
        *((Size(), text) for text in ("512M", "2G", "3T", "7K", "100B")),
        *((Rate(), text) for text in ("10Mbit", "1Gbit", "64kbit", "1Tbit", "9bit", "2500Mbit")),
        *((Duration(), text) for text in ("50ms", "30s", "5m", "2h", "90s")),
    ],
)
def test_an_amount_is_shown_as_it_is_said(type: ValueType, text: str) -> None:
    assert type.show(type.parse(text)) == text


@pytest.mark.parametrize(
    ("type", "text", "shown"),
    [(Size(), "1024", "1G"), (Rate(), "1000mbit", "1Gbit"), (Duration(), "60s", "1m")],
)
def test_an_amount_is_shown_in_the_largest_exact_unit(type: ValueType, text: str, shown: str) -> None:
    assert type.show(type.parse(text)) == shown


@pytest.mark.parametrize(
    ("type", "words"),
    [
        (FLAG, "no value"),
        (PORT, "a port's name, at most 15 characters"),
        (Integer(what="a VLAN", least=1, most=4094), "a VLAN, 1 to 4094"),
        (Choice(choices=("a", "b")), "one of `a`, `b`"),
        (Size(), "a size: `512M`, `2G`; in B, K, M, G or T, powers of 1024, M where none is said"),
        (
            Rate(),
            "a rate: `10Mbit`, `1Gbit`; in bit, kbit, Mbit, Gbit or Tbit, powers of 1000, per second",
        ),
        (Subnet(), "a subnet, IPv4 or IPv6: `192.0.2.0/24`, `2001:db8::/64`"),
        (Duration(), "a duration: `50ms`, `30s`, `5m`; in ms, s, m or h"),
    ],
)
def test_a_type_says_its_range_and_units(type: ValueType, words: str) -> None:
    assert type.describe() == words
