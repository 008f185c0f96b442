"""What a host is told for its start: the files of each network system, and what others said there of a NIC."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from vnetsh.hosts.boot.files import AS_IT_IS, OPTION, SYSTEMS, File
from vnetsh.hosts.boot.keeping import read, writing
from vnetsh.hosts.boot.networkd import overriding
from vnetsh.hosts.boot.own_stanzas import given_back, options_of, set_aside
from vnetsh.hosts.boot.taking_over import OwnFiles
from vnetsh.hosts.transport import Completed

STANZAS = {
    "br0": [
        "ip link show dev br0 >/dev/null 2>&1 || ip link add name br0 type bridge",
        "ip link set dev br0 up",
    ],
    "eth1": ["ip link set dev eth1 alias 'it'\"'\"'s # mine' up"],
}
INTERFACES = """\
source /etc/network/interfaces.d/*

auto lo eth0
iface lo inet loopback

allow-hotplug eth0
iface eth0 inet static
    address 192.0.2.1/24
    gateway 192.0.2.254
    mtu 1400
\t# the old office
    up ip route add 198.51.100.0/24 \\
        via 192.0.2.9
    up ethtool -K eth0 gro off
    dns-nameservers 192.0.2.53

iface eth0 inet6 auto

iface eth01 inet dhcp
"""


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_what_is_written_is_read_again(system) -> None:
    first = system.files("linux", STANZAS)[0]
    assert first.path == system.path("linux")
    assert system.stanzas(first.text) == STANZAS
    assert [file.text for file in system.files("linux", {})] == [None] * len(system.files("linux", STANZAS))


def test_ifupdown_has_options_of_its_own() -> None:
    system = SYSTEMS["ifupdown"]
    said = {"eth0": [f"{OPTION}mtu 1400", f"{OPTION}up ethtool -K eth0 gro off"], "eth9": []}
    text = system.files("ovs", said)[0].text
    assert "\n    mtu 1400\n" in text
    assert system.stanzas(text) == said


def test_stanzas_are_set_aside_and_given_back() -> None:
    aside = set_aside(INTERFACES, "eth0")
    kept = [line for line in aside.splitlines() if not line.startswith("# vnetsh set aside, of eth0: ")]
    assert kept == [
        "source /etc/network/interfaces.d/*", "", "auto lo eth0", "iface lo inet loopback", "", "allow-hotplug eth0",
        "", "", "iface eth01 inet dhcp",
    ]  # fmt: skip
    assert given_back(aside, "eth0") == INTERFACES
    assert set_aside(aside, "eth0") == aside
    assert given_back(aside, "eth01") == aside
    assert set_aside(INTERFACES, "eth9") == INTERFACES


def test_a_nic_keeps_its_settings_and_hooks() -> None:
    assert options_of(INTERFACES, "eth0") == (
        {"eth0": ["mtu 1400", "up ethtool -K eth0 gro off"]},
        ["dns-nameservers 192.0.2.53"],
    )


OTHERS = b"""\
iface bond0 inet static
    address 192.0.2.1/24
    bond-slaves eth0 eth1
    mtu 1400
    up ethtool -K bond0 \\
        gro off
    up ip -4 addr add 192.0.2.7/24 dev bond0
    up ip link set dev bond0 address 02:00:00:00:00:01
    dns-nameservers 192.0.2.53
# in the B\xfcro \\
iface bond0 inet6 static
    address 2001:db8::1/64
    # mtu 9000 \\
    mtu 1400
    dns-nameservers 2001:db8::53
auto bond0:1
iface bond0:1 inet static
    address 192.0.2.2/24
    up logger second
rename mac/02:00:00:00:00:01=bond0
# a page\x0ciface bond9\r
VNETSH-END""".decode(errors=AS_IT_IS)


def test_stanzas_in_all_their_forms() -> None:
    aside = set_aside(OTHERS, "bond0")
    kept = [line for line in aside.split("\n") if not line.startswith("# vnetsh set aside, of bond0: ")]
    assert kept == ["auto bond0:1", *OTHERS.split("\n")[-3:]]
    assert given_back(aside, "bond0") == OTHERS
    assert options_of(OTHERS, "bond0") == options_of(aside, "bond0") == (
        {
            "bond0": [
                "bond-slaves eth0 eth1", "mtu 1400", "up ethtool -K bond0 gro off",
                "up ip link set dev bond0 address 02:00:00:00:00:01",
            ],
            "bond0:1": ["up logger second"],
        },
        ["dns-nameservers 192.0.2.53", "dns-nameservers 2001:db8::53"],
    )  # fmt: skip


def test_two_interfaces_of_one_file_are_set_aside_together() -> None:
    text = "iface eth0 inet dhcp\niface eth1 inet dhcp\n"
    own = OwnFiles(["ifupdown"], {"interfaces": text})
    [file] = own.changed(["eth0", "eth1"], [])
    assert file.text == set_aside(set_aside(text, "eth0"), "eth1")
    assert OwnFiles(["ifupdown"], {"interfaces": file.text}).changed([], ["eth1", "eth0"]) == [
        File("interfaces", text)
    ]
    assert own.restored([file]) == [File("interfaces", text)]


def test_networkd_is_overruled_by_a_file_of_its_own() -> None:
    own = OwnFiles(["networkd"], {})
    aside = own.changed(["eth0"], [])
    assert [file.path for file in aside] == ["/etc/systemd/network/00--vnetsh-eth0.network"]
    assert [file.text for file in own.changed([], ["eth0"])] == [None]
    assert [file.text for file in own.restored(aside)] == [None]
    assert own.options("eth0") == ({}, [])


def test_networkd_is_told_again_what_a_nic_needs() -> None:
    others = """[Match]
Name=eth*
[Link]
MTUBytes=9000
RequiredForOnline=no
[Network]
# VLAN=eth0.1
Address=192.0.2.1/24
VLAN = eth0.10
DNS=192.0.2.53
[Route]
Gateway=192.0.2.254
[Network]
VLAN=eth0.20 \\
 eth0.30
"""
    text = overriding("eth0", others)
    said = [line for line in text.splitlines() if "=" in line]
    assert said == [
        "Name=eth0", "RequiredForOnline=carrier", "MTUBytes=9000", "LinkLocalAddressing=no", "IPv6AcceptRA=no",
        "VLAN = eth0.10", "VLAN=eth0.20 \\",
    ]  # fmt: skip
    assert text.endswith("eth0.30\n")
    assert overriding("eth0", text) == text


def test_files_are_written_whole_with_their_rights_and_removed(tmp_path: Path) -> None:
    there, link, new = tmp_path / "there", tmp_path / "link", tmp_path / "a folder/new"
    there.write_text("old\n")
    there.chmod(0o640)
    link.symlink_to("there")
    odd = tmp_path / "odd"
    files = [
        File(str(odd), OTHERS),
        File(str(link), "it's 100 %s\n$HOME\n"),
        File(str(new), "x"),
        File(str(tmp_path / "none")),
    ]
    subprocess.run(["sh"], input=writing(files), text=True, check=True)
    assert there.read_text() == "it's 100 %s\n$HOME\n"
    assert (there.stat().st_mode & 0o777, link.is_symlink()) == (0o640, True)
    assert new.read_text() == "x"
    assert odd.read_bytes().decode(errors=AS_IT_IS) == OTHERS
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a folder", "link", "odd", "there"]
    subprocess.run(["sh"], input=writing([File(str(new))]), text=True, check=True)
    assert not new.exists()


def test_a_file_of_another_system_is_not_taken_for_the_hosts() -> None:
    """The host had ifupdown once; nobody has removed what it was told."""
    files = "".join(
        f"## of {name}\n{SYSTEMS[name].files('linux', {name: ['x']})[0].text}" for name in SYSTEMS
    )

    class Told:
        def run(self, argv, *, input="", timeout=None):
            return Completed(0, f"systemd systemd networkd\n{files}", "")

    found = read(Told(), "linux", 1)
    assert (found.system, found.managers, found.stanzas) == (
        "systemd",
        ["systemd", "networkd"],
        {"systemd": ["x"]},
    )


def test_what_other_parts_give_a_device_is_known() -> None:
    told = SYSTEMS["ifupdown"]
    services = {
        "br0": ["ip address replace 10.5.0.1/24 dev br0", "ip -6 address replace fd00::1/64 dev br0 nodad"]
    }
    files = {"others of ifupdown": told.files("services", services), "ifupdown": told.files("ovs", STANZAS)}

    class Told:
        def run(self, argv, *, input="", timeout=None):
            text = "".join(f"## of {name}\n{file.text}" for name, [file] in files.items())
            return Completed(0, f"ifupdown ifupdown eth0\n{text}", "")

    found = read(Told(), "ovs", 1)
    assert found.stanzas == STANZAS
    assert found.given("br0") == ["10.5.0.1/24", "fd00::1/64"]
    assert found.given("eth1") == []
