"""What columns say, however it is spelled: keys and addresses are compared by value."""

import pytest

from vnetsh_ovs.fields import columns_of, values_of

KEYS = {"16": 16, "0x10": 16, "0X1f": 31, "010": 8, "0": 0, "flow": None, "16abc": None, "08": None, "": None}
HOPS = {"7": 7, "064": 64, "255": 255, "inherit": "inherit", "0": None, "256": None, "0x10": None, "": None}
SERVICES = {
    "0": 0,
    "184": 184,
    "0xb8": 184,
    "0270": 184,
    "inherit": "inherit",
    "3": None,
    "256": None,
    "EF": None,
}
ADDRESSES = {
    "10.77.0.2": "10.77.0.2",
    "010.077.000.002": "010.077.000.002",
    "2001:DB8:0:0::1": "2001:db8::1",
    "kvm2.example": "kvm2.example",
    "flow": "flow",
    "::ffff": "::ffff",
    "fe80::zz": "fe80::zz",
}


def tunnel(of="gre", **options):
    interface = {"type": of, "options": ["map", [[key, value] for key, value in options.items()]]}
    return values_of("tunnel", {"Port": {}, "Interface": interface})


@pytest.mark.parametrize(("text", "value"), KEYS.items())
def test_a_key_is_read_as_vswitchd_reads_it(text, value):
    assert tunnel(key=text).get("key") == value


@pytest.mark.parametrize(("text", "value"), ADDRESSES.items())
def test_an_address_is_the_same_however_it_is_spelled(text, value):
    assert tunnel(remote_ip=text)["remote"] == value


@pytest.mark.parametrize(("text", "value"), HOPS.items())
def test_a_ttl_is_read_as_vswitchd_reads_it(text, value):
    assert tunnel(ttl=text).get("ttl") == value


@pytest.mark.parametrize(("text", "value"), SERVICES.items())
def test_a_type_of_service_is_read_as_vswitchd_reads_it(text, value):
    assert tunnel(tos=text).get("tos") == value


@pytest.mark.parametrize(("text", "value"), {"true": "yes", "false": "no", "True": "no"}.items())
def test_what_is_not_true_is_false(text, value):
    assert [tunnel(csum=text)["csum"], tunnel(df_default=text)["df"]] == [value, value]


@pytest.mark.parametrize(
    ("type", "remote", "column"),
    [
        ("gre", "192.0.2.1", "gre"),
        ("gre", "2001:db8::1", "ip6gre"),
        (None, "2001:db8::1", "ip6gre"),
        ("vxlan", "2001:db8::1", "vxlan"),
    ],
)
def test_gre_over_ipv6_is_a_type_of_its_own(type, remote, column):
    said = {"type": type, "remote": remote} if type else {"remote": remote}
    columns = columns_of("tunnel", said)["Interface"]
    assert columns["type"] == column
    assert tunnel(of=column, remote_ip=remote)["type"] == type or "gre"
