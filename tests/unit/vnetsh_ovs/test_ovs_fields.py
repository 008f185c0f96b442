"""What columns say, however it is spelled: keys and addresses are compared by value."""

import pytest

from vnetsh_ovs.fields import values_of

KEYS = {"16": 16, "0x10": 16, "0X1f": 31, "010": 8, "0": 0, "flow": None, "16abc": None, "08": None, "": None}
ADDRESSES = {
    "10.77.0.2": "10.77.0.2",
    "010.077.000.002": "010.077.000.002",
    "2001:DB8:0:0::1": "2001:db8::1",
    "kvm2.example": "kvm2.example",
    "flow": "flow",
    "::ffff": "::ffff",
    "fe80::zz": "fe80::zz",
}


def tunnel(**options):
    interface = {"type": "gre", "options": ["map", [[key, value] for key, value in options.items()]]}
    return values_of("tunnel", {"Port": {}, "Interface": interface})


@pytest.mark.parametrize(("text", "value"), KEYS.items())
def test_a_key_is_read_as_vswitchd_reads_it(text, value):
    assert tunnel(key=text).get("key") == value


@pytest.mark.parametrize(("text", "value"), ADDRESSES.items())
def test_an_address_is_the_same_however_it_is_spelled(text, value):
    assert tunnel(remote_ip=text)["remote"] == value
