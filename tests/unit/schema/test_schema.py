from __future__ import annotations

import pytest

from vnetsh.schema import (
    FLAG,
    PORT,
    Address,
    AddressRange,
    Attribute,
    BadValue,
    Choice,
    Duration,
    Integer,
    InterfaceAddress,
    Kind,
    Mac,
    Name,
    Percent,
    Ranges,
    Rate,
    Size,
    Subnet,
    Text,
    ValueType,
)

VLANS = Ranges(what="a list of VLANs", least=1, most=4094)


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
        (Percent(), "1%", 100),
        (Percent(), "0.25%", 25),
        (Percent(), "0.5%", 50),
        (Percent(), "100%", 100_00),
        (AddressRange(), "192.0.2.10-192.0.2.20", "192.0.2.10-192.0.2.20"),
        (AddressRange(), "192.0.2.10-20", "192.0.2.10-192.0.2.20"),
        (AddressRange(), "192.0.2.10", "192.0.2.10"),
        (AddressRange(), "192.0.2.10-192.0.2.10", "192.0.2.10"),
        (AddressRange(), "2001:DB8::1-2001:db8:0::f", "2001:db8::1-2001:db8::f"),
        (InterfaceAddress(), "10.0.0.1/24", "10.0.0.1/24"),
        (InterfaceAddress(), "10.0.0.1/255.255.255.0", "10.0.0.1/24"),
        (InterfaceAddress(), "10.0.0.0/31", "10.0.0.0/31"),
        (InterfaceAddress(), "10.0.0.7/32", "10.0.0.7/32"),
        (InterfaceAddress(), "2001:DB8::1/64", "2001:db8::1/64"),
        (VLANS, "30-33", (30, 31, 32, 33)),
        (VLANS, "1", (1,)),
        (VLANS, "4094-4094", (4094,)),
        (Name(qualified=True), "acme/web", "acme/web"),
        (Name(qualified=True), "/web", "/web"),
        (Name(refs=("bridge", "lan")), "lan:web", "lan:web"),
        (Name(refs=("bridge", "lan"), qualified=True), "lan:acme/web", "lan:acme/web"),
        (Name(or_any=True), "any", "any"),
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
        (Size(), "8388608T"),
        (Text(), ""),
        (Text(), " "),
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
        (Percent(), "1"),
        (Percent(), "101%"),
        (Percent(), "100.01%"),
        (Percent(), "0.125%"),
        (Percent(), "-1%"),
        (AddressRange(), "192.0.2.20-192.0.2.10"),
        (AddressRange(), "192.0.2.20-10"),
        (AddressRange(), "192.0.2.20-2001:db8::1"),
        (AddressRange(), "192.0.2.20-"),
        (AddressRange(), "192.0.2.0/24"),
        (AddressRange(), "a-b"),
        (InterfaceAddress(), "10.0.0.1"),
        (InterfaceAddress(), "10.0.0.0/24"),
        (InterfaceAddress(), "10.0.0.255/24"),
        (InterfaceAddress(), "2001:db8::/64"),
        (InterfaceAddress(), "fe80::1%eth0/64"),
        (VLANS, "40-30"),
        (VLANS, "0-3"),
        (VLANS, "5-4095"),
        (VLANS, "5-"),
        (VLANS, "-5"),
        (VLANS, "1,2"),
        (VLANS, "٥"),
        (Name(), "any"),
        (Name(), "acme/web"),
        (Name(qualified=True), "a/b/c"),
        (Name(qualified=True), "//b"),
        (Name(qualified=True), "any/web"),
        (Name(refs=("bridge", "lan")), "vm:web"),
        (Name(), "lan:web"),
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
        *((Percent(), text) for text in ("0%", "1%", "0.5%", "0.25%", "0.05%", "10%", "100%")),
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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ((20, 10, *range(30, 41)), "10, 20, 30-40"),
        ((1, 2, 4, 5, 6, 8), "1, 2, 4-6, 8"),
        ((7, 7, 7), "7"),
        ((), ""),
        (tuple(range(4094, 0, -1)), "1-4094"),
    ],
)
def test_ranges_are_shown_as_short_as_can_be(said: tuple[int, ...], shown: str) -> None:
    value = VLANS.normal(said)
    assert value == tuple(sorted(set(said)))
    assert VLANS.show(said) == VLANS.show(value) == shown
    again = [number for text in VLANS.texts(said) for number in VLANS.parse(text)]
    assert tuple(again) == value


def test_a_list_whose_order_does_not_matter_has_one_form() -> None:
    servers = Address(many=True, ordered=False)
    assert servers.normal(("192.0.2.2", "192.0.2.1", "192.0.2.2")) == ("192.0.2.1", "192.0.2.2")
    assert servers.normal(None) is None
    assert Address(many=True).normal(("b", "a", "b")) == ("b", "a", "b")


@pytest.mark.parametrize(
    ("type", "shown"),
    [(Name(link=True), "a<->b"), (Name(way=True), "a -> b"), (Name(many=True), "a, b")],
)
def test_pairs_and_lists_are_shown_as_they_are_said(type: ValueType, shown: str) -> None:
    assert type.show(("a", "b")) == shown


def test_attributes_that_exclude_each_other_do_so_both_ways() -> None:
    kind = Kind("x", attributes=(Attribute("a", FLAG, "", excludes=("b",)), Attribute("b", FLAG, "")))
    assert kind.excluding("a", {"b": True}) == "b"
    assert kind.excluding("b", {"a": True}) == "a"
    assert kind.excluding("a", {"b": None}) == kind.excluding("a", {}) == ""
