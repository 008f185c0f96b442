"""What the lab's full guest makes of a NoCloud seed, without a guest: the commands of a script."""

from __future__ import annotations

import base64
import gzip
import subprocess

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from vnetsh_lab.nocloud.network import network
from vnetsh_lab.nocloud.said import quoted
from vnetsh_lab.nocloud.script import script
from vnetsh_lab.nocloud.users import users

LINKS = {"eth0": "52:54:00:00:00:01", "eth1": "52:54:00:00:00:02"}

NETWORKS = [
    pytest.param(
        "version: 2\nethernets: {eth0: {dhcp4: true}}", "ip link set 'eth0' up; /etc/lease 'eth0'", id="lease"
    ),
    pytest.param(
        "network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.2/24, 'fd00::2/64'], gateway4: 10.0.0.1}}}",
        "ip link set 'eth0' up; ip address replace 10.0.0.2/24 dev 'eth0'; ip address replace fd00::2/64 dev 'eth0'; "
        "ip -4 route replace default via 10.0.0.1 dev 'eth0'",
        id="addresses",
    ),
    pytest.param(
        "version: 2\nethernets: {a: {match: {macaddress: '52:54:00:00:00:02'}, set-name: lan, mtu: 1400,"
        " routes: [{to: 10.5.0.0/16, via: 10.0.0.9, metric: 5}, {to: '::/0', via: 'fd00::1'}]}}",
        "ip link set 'eth1' down; ip link set 'eth1' name 'lan'; ip link set 'lan' mtu 1400 up; "
        "ip -4 route replace 10.5.0.0/16 via 10.0.0.9 dev 'lan' metric 5; "
        "ip -6 route replace ::/0 via fd00::1 dev 'lan'",
        id="by its MAC",
    ),
    pytest.param(
        "version: 2\nethernets: {a: {match: {macaddress: '52:54:00:00:00:02'}, set-name: eth0}}",
        "ip link set 'eth0' down; ip link set 'eth0' name 'eth0-before'; "
        "ip link set 'eth1' down; ip link set 'eth1' name 'eth0'; ip link set 'eth0' up",
        id="a name that another has",
    ),
    pytest.param(
        "version: 2\nethernets: {up: {match: {name: 'eth1*'}}}\n"
        "vlans: {v7: {id: 7, link: up, addresses: [10.7.0.2/24]}}",
        "ip link set 'eth1' up; ip link add link 'eth1' name 'v7' type vlan id 7; ip link set 'v7' up; "
        "ip address replace 10.7.0.2/24 dev 'v7'",
        id="vlan",
    ),
    pytest.param(
        "version: 2\nethernets: {eth0: {nameservers: {addresses: [10.0.0.53], search: [a.test, b.test]}}}",
        "ip link set 'eth0' up; printf '%s\\n' 'search a.test b.test' 'nameserver 10.0.0.53' >/etc/resolv.conf",
        id="resolver",
    ),
    pytest.param(
        "version: 2\nethernets: {eth7: {dhcp4: true}, eth0: {dhcp6: true}}\nbonds: {}",
        "echo 'not obeyed: there is no NIC eth7'; ip link set 'eth0' up; echo 'not obeyed: dhcp6 on eth0'; "
        "echo 'not obeyed: bonds in the network configuration'",
        id="what is not obeyed",
    ),
    pytest.param(
        "version: 1\nconfig: [{type: physical, name: eth0, subnets: [{type: static, address: 10.0.0.2, "
        "netmask: 255.255.255.0, gateway: 10.0.0.1, dns_nameservers: [10.0.0.53]}, {type: dhcp}]}]",
        "ip link set 'eth0' up; ip address replace 10.0.0.2/24 dev 'eth0'; "
        "ip -4 route replace default via 10.0.0.1 dev 'eth0'; /etc/lease 'eth0'; "
        "printf '%s\\n' 'nameserver 10.0.0.53' >/etc/resolv.conf",
        id="version 1",
    ),
    pytest.param(
        "version: 1\nconfig: [{type: vlan, name: eth0.5, vlan_link: eth0, vlan_id: 5, subnets: [{type: manual}]}, "
        "{type: route, destination: 10.9.0.0, netmask: 255.255.0.0, gateway: 10.0.0.9}, "
        "{type: nameserver, address: 10.0.0.53, search: [a.test]}, {type: bond, name: b0}]",
        "ip link add link 'eth0' name 'eth0.5' type vlan id 5; ip link set 'eth0.5' up; "
        "ip -4 route replace 10.9.0.0/16 via 10.0.0.9; echo 'not obeyed: a bond in the network configuration'; "
        "printf '%s\\n' 'search a.test' 'nameserver 10.0.0.53' >/etc/resolv.conf",
        id="version 1: vlan, route, nameserver",
    ),
    pytest.param("version: 3", "echo 'not obeyed: network configuration of version 3'", id="another version"),
    pytest.param("network: {config: disabled}", "", id="disabled"),
]


@pytest.mark.parametrize(("text", "wanted"), NETWORKS)
def test_networks(text: str, wanted: str) -> None:
    assert "; ".join(network(yaml.safe_load(text), LINKS)) == wanted


USERS = [
    pytest.param("{}", "add-user 'debian' -c 'Debian'; add-key 'debian' 'meta'", id="nobody said"),
    pytest.param("users: []", "add-key 'root' 'meta'", id="no default user"),
    pytest.param(
        "user: ann", "add-user 'ann' -c 'Debian'; add-key 'ann' 'meta'", id="the default user's name"
    ),
    pytest.param(
        "users: [{name: bob, uid: 1200, groups: 'a, b', shell: /bin/sh, passwd: $6$x$y, ssh_authorized_keys: k}]",
        "add-user 'bob' -u '1200' -s '/bin/sh'; add-group 'a' 'bob'; add-group 'b' 'bob'; add-key 'bob' 'k'; "
        "set-password 'bob' '$6$x$y'; add-key 'root' 'meta'",
        id="a user",
    ),
    pytest.param(
        "{users: [default, {gecos: x}], password: it's, chpasswd: {list: 'ann:$6$z'}}",
        "add-user 'debian' -c 'Debian'; echo 'not obeyed: a user without a name'; add-key 'debian' 'meta'; "
        "set-password 'debian' \"$(mkpasswd -m sha512 'it'\\''s')\"; set-password 'ann' '$6$z'",
        id="passwords",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), USERS)
def test_users(text: str, wanted: str) -> None:
    assert "; ".join(users(yaml.safe_load(text), ["meta"])) == wanted


def seed(user: str = "", meta: str = "instance-id: i1\n", **files: str) -> list[str]:
    return script({"meta-data": meta, "user-data": user, **files}, LINKS).splitlines()


def test_the_order_of_a_seed() -> None:
    lines = seed(
        "#cloud-config\nhostname: web.example\nbootcmd: [boot]\nruncmd: [[run, 'a b'], 'late; exit 1']\n"
        "packages: [x]\n",
        "instance-id: i1\nlocal-hostname: other\npublic-keys: {a: {openssh-key: k1}, b: 'k2'}\n",
        **{"network-config": "version: 2\nethernets: {eth0: {dhcp4: true}}"},
    )
    assert lines[1:] == [
        "set-hostname 'web'",
        "touch /run/network-is-said",
        "ip link set 'eth0' up",
        "/etc/lease 'eth0'",
        "sh -c 'boot'",
        "if first-time 'i1'; then",
        ":",
        "add-user 'debian' -c 'Debian'",
        "add-key 'debian' 'k1'",
        "add-key 'debian' 'k2'",
        "( 'run' 'a b' )",
        "sh -c 'late; exit 1'",
        "echo 'not obeyed: packages in the user-data'",
        "fi",
        "boot-finished",
    ]


def test_an_empty_seed_and_user_data_of_other_kinds() -> None:
    assert "add-user 'debian' -c 'Debian'" in script({}, {})
    assert "chmod 700 /run/user-data; /run/user-data" in seed("#!/bin/sh\necho\n")
    assert "echo 'not obeyed: user-data that is neither #cloud-config nor a script'" in seed("#include\nx\n")
    bad = seed(**{"network-config": "version: 2\nvlans: {v: {link: eth0}}"})
    assert any("not obeyed: the network configuration" in line for line in bad)
    assert "add-user 'debian' -c 'Debian'" in bad


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("", b"a\n'b' $c\n"),
        ("b64", base64.b64encode(b"a\n'b' $c\n")),
        ("gz+b64", base64.b64encode(gzip.compress(b"a\n'b' $c\n"))),
    ],
)
def test_files_of_each_encoding(encoding: str, content: bytes) -> None:
    said = {"path": "/srv/x/y", "content": content.decode(), "encoding": encoding, "permissions": "0600"}
    lines = seed("#cloud-config\n" + yaml.safe_dump({"write_files": [said]}))
    line = next(line for line in lines if line.endswith("base64 -d >'/srv/x/y'"))
    assert base64.b64decode(line.split()[1]) == b"a\n'b' $c\n"
    assert lines[lines.index(line) + 1] == "chmod '0600' '/srv/x/y'"


@settings(deadline=None, max_examples=30)  # each starts a shell
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_value_stays_one_word_of_the_shell(text: str) -> None:
    done = subprocess.run(["sh", "-c", f"printf %s {quoted(text)}"], capture_output=True, check=True)
    assert done.stdout.decode() == text
