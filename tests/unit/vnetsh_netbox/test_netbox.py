"""NetBox, as a real one answered (helpers/netbox_recorded.py)."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from conftest import apply
from netbox_recorded import make, recorded, there

import vnetsh_netbox.server as speaking
from vnetsh.cli import main
from vnetsh.errors import UsageError
from vnetsh.hookspecs import Delivery
from vnetsh.session import Session
from vnetsh_netbox.objects import text
from vnetsh_netbox.server import NetBoxFailed, Server
from vnetsh_netbox.syncing import deliver, sync

FLEET = """
bridge lan on kvm1, kvm2
vm web on kvm1 memory 768M vcpus 2 disk tiny.qcow2 {
    port lan name web_lan vlan 20 mac 52:54:00:00:00:01
    cloudinit addresses 10.0.0.5/24, 2001:db8::5/64
}
vm db on kvm2 memory 1G disk tiny.qcow2 {
    disk data size 5G
    port lan name db_lan trunk 10, 20 mac 52:54:00:00:00:02
}
"""
OVERLAPPING = """
zone a on kvm1 cluster region1
tenant acme {
    network web subnet 10.0.1.0/24
    vm acme-web on kvm1 disk tiny.qcow2 port web address 10.0.1.11 mac 52:54:00:00:00:0a
}
tenant blue {
    network web subnet 10.0.1.0/24
    vm blue-web on kvm1 disk tiny.qcow2 port web address 10.0.1.11 mac 52:54:00:00:00:0b
}
"""


def synced(
    demo: Session, server: Server, *, write: bool = True, seen: tuple[str, ...] = ("kvm1", "kvm2", "kvm3")
) -> str:
    """What was told."""
    told: list[str] = []
    sync(Delivery(demo.observe(), frozenset(seen), "", "", write, told.append), server)
    return "\n".join(told)


def signs(told: str) -> str:
    return "".join(sorted({line[0] for line in told.splitlines() if line[:2] in ("+ ", "~ ", "- ")}))


def test_without_a_server_it_is_json(demo: Session) -> None:
    apply(demo, FLEET)
    said = json.loads(text(demo.observe()))
    assert text(demo.observe()) == text(demo.observe())
    vms = {vm["name"]: vm for vm in said["virtualization/virtual-machines"]}
    assert (vms["web"]["memory"], vms["web"]["vcpus"], vms["web"]["status"]) == (768, 2.0, "active")
    assert [tag["slug"] for tag in vms["db"]["tags"]] == ["vnetsh", "vnetsh-kvm2"]
    nics = {nic["name"]: nic for nic in said["virtualization/interfaces"]}
    assert (nics["web_lan"]["mode"], nics["web_lan"]["untagged_vlan"]) == ("access", {"vid": "20"})
    assert (nics["db_lan"]["mode"], nics["db_lan"]["tagged_vlans"]) == (
        "tagged",
        [{"vid": "10"}, {"vid": "20"}],
    )
    assert {one["address"] for one in said["ipam/ip-addresses"]} == {"10.0.0.5/24", "2001:db8::5/64"}
    assert {one["size"] for one in said["virtualization/virtual-disks"]} == {17, 5369}


def test_it_is_written_once_and_follows_the_fleet(demo: Session) -> None:
    apply(demo, FLEET)
    with recorded("whole") as (server, _):
        assert signs(synced(demo, server, write=False)) == "+"
        assert not there(server, "virtualization.virtual_machines", name="web")
        synced(demo, server)
        vm = there(server, "virtualization.virtual_machines", name="web")[0]
        assert (vm["memory"], vm["vcpus"], vm["primary_ip4"]["address"]) == (768, 2.0, "10.0.0.5/24")
        nic = there(server, "virtualization.interfaces", name="web_lan")[0]
        assert (nic["mac_address"], nic["untagged_vlan"]["vid"]) == ("52:54:00:00:00:01", 20)
        assert synced(demo, server).endswith("nothing to do")
        apply(demo, "vm web port lan name web_lan vlan 30; vm web cloudinit addresses 10.0.0.6/24")
        apply(demo, "migrate web to kvm2; delete vm db")
        told = synced(demo, server)
        assert "- vm db" in told
        assert "- IP address web/web_lan/10.0.0.5/24" in told
        assert synced(demo, server).endswith("nothing to do")
        vm = there(server, "virtualization.virtual_machines", name="web")[0]
        assert {tag["slug"] for tag in vm["tags"]} == {"vnetsh", "vnetsh-kvm2"}
        assert vm["primary_ip4"]["address"] == "10.0.0.6/24"
        assert not there(server, "virtualization.virtual_machines", name="db")
        assert len(there(server, "ipam.vlans", vid=10)) == 1, "others may use it"


def test_tenants_may_have_the_same_addresses(demo: Session) -> None:
    apply(demo, OVERLAPPING)
    with recorded("tenants") as (server, _):
        synced(demo, server)
        found = there(server, "ipam.ip_addresses", address="10.0.1.11")
        assert {one["vrf"]["name"] for one in found} == {"region1/acme", "region1/blue"}
        assert synced(demo, server).endswith("nothing to do")


def test_what_others_made_stays(demo: Session) -> None:
    apply(demo, FLEET)
    with recorded("others") as (server, _):
        type_ = make(server, "virtualization.cluster_types", name="Ours", slug="ours")
        cluster = make(server, "virtualization.clusters", name="rack1", type=type_)
        vlan = make(server, "ipam.vlans", vid=20, name="servers")
        site = make(server, "dcim.sites", name="s", slug="s")
        role = make(server, "dcim.device_roles", name="r", slug="r")
        maker = make(server, "dcim.manufacturers", name="m", slug="m")
        model = make(server, "dcim.device_types", model="t", slug="t", manufacturer=maker)
        about = {"role": role, "device_type": model, "site": site}
        device = make(server, "dcim.devices", name="kvm1", cluster=cluster, **about)
        make(server, "dcim.devices", name="kvm2", **about)
        make(server, "ipam.ip_addresses", address="10.0.0.5/24")
        told = synced(demo, server)
        assert "IP address web/web_lan/10.0.0.5/24 is left out: others have it" in told
        assert "device kvm2 is in no cluster" in told
        vm = there(server, "virtualization.virtual_machines", name="web")[0]
        assert (vm["device"]["id"], vm["cluster"]["id"], vm["site"]) == (device, cluster, None)
        nic = there(server, "virtualization.interfaces", name="web_lan")[0]
        assert nic["untagged_vlan"]["id"] == vlan
        # A person works on it, too.
        tag = make(server, "extras.tags", name="shop", slug="shop")
        server.update("virtualization.virtual_machines", [
            {"id": vm["id"], "comments": "the shop", "tags": [one["id"] for one in vm["tags"]] + [tag]},
        ])  # fmt: skip
        make(server, "virtualization.interfaces", virtual_machine=vm["id"], name="added")
        assert "nothing to do" in synced(demo, server)
        apply(demo, "migrate web to kvm2")
        synced(demo, server)
        vm = there(server, "virtualization.virtual_machines", name="web")[0]
        assert (vm["comments"], vm["device"], vm["cluster"]["name"]) == ("the shop", None, "vnetsh")
        assert {one["slug"] for one in vm["tags"]} == {"vnetsh", "vnetsh-kvm2", "shop"}
        apply(demo, "delete vm web, db")
        told = synced(demo, server)
        assert "vm web stays: on it is interface web/added, which others made" in told
        assert not there(server, "virtualization.virtual_machines", name="db")
        assert there(server, "ipam.ip_addresses", address="10.0.0.5")


def test_a_vm_of_another_fleet_or_of_a_host_that_is_silent_stays(demo: Session) -> None:
    apply(demo, FLEET)
    with recorded("fleets") as (server, _):
        type_ = make(server, "virtualization.cluster_types", name="KVM", slug="kvm")
        cluster = make(server, "virtualization.clusters", name="vnetsh", type=type_)
        make(server, "extras.tags", name="vnetsh", slug="vnetsh")
        make(server, "extras.tags", name="vnetsh: kvm9", slug="vnetsh-kvm9")
        tags = [{"slug": "vnetsh"}, {"slug": "vnetsh-kvm9"}]
        make(server, "virtualization.virtual_machines", name="far", cluster=cluster, tags=tags)
        make(server, "virtualization.virtual_machines", name="db", cluster=cluster)
        told = synced(demo, server)
        assert "vm db is left out: others made one of that name" in told
        assert "db_lan" not in told
        apply(demo, "delete vm web")
        assert "vm web stays: its host was not seen" in synced(demo, server, seen=("kvm2", "kvm3"))
        assert "- vm web" in synced(demo, server)
        assert there(server, "virtualization.virtual_machines", name="far")


def test_a_server_that_dies_in_the_middle(demo: Session) -> None:
    apply(demo, FLEET)
    with recorded("dies") as (server, adapter):
        adapter.dies(after=16)
        with pytest.raises(NetBoxFailed, match=r"does not answer: .* of \d+ were written") as failed:
            synced(demo, server)
        assert failed.value.help == "the next call goes on"
        adapter.lives()
        assert "+ vm" not in synced(demo, server)  # they were there already
        assert synced(demo, server).endswith("nothing to do")


def test_what_a_server_does_not_take_is_said_and_the_rest_is_done(demo: Session) -> None:
    apply(demo, FLEET)
    apply(
        demo,
        "vm WEB on kvm1 disk tiny.qcow2\n"
        "vm odd on kvm1 disk tiny.qcow2 { port lan name odd0 vlan 20; cloudinit addresses 10.0.9.1/24 }",
    )
    with recorded("refused") as (server, _):
        about = {"start_address": "10.0.9.0/24", "end_address": "10.0.9.9/24", "mark_populated": True}
        make(server, "ipam.ip_ranges", **about)
        told = synced(demo, server)
        assert "Cannot create IP address 10.0.9.1/24 inside range" in told
        assert "1 refused" in told
        assert "vm WEB on kvm1 is left out: 2 are called so" in told
        assert there(server, "virtualization.virtual_machines", name="db")


def test_a_token_that_may_only_look(demo: Session) -> None:
    apply(demo, FLEET)
    with recorded("reader", reads_only=True) as (server, _):
        assert "to add" in synced(demo, server, write=False)
        with pytest.raises(NetBoxFailed, match=r"may not add extras/tags: .* 0 of"):
            synced(demo, server)


def test_pages_are_read_to_their_end(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "PAGE", 2)
    names = [f"vm{number}" for number in range(7)]
    apply(demo, "".join(f"vm {name} on kvm1 disk tiny.qcow2\n" for name in names))
    with recorded("pages") as (server, _):
        synced(demo, server)
        assert synced(demo, server).endswith("nothing to do")


class _Strange(BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}  # noqa: RUF012
    asked: list[tuple[str, str]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        code, headers, body = self.answers.get(self.path.partition("?")[0], (200, {}, b"{}"))
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def strange() -> Iterator[str]:
    """A server that is no NetBox, or an odd one; its address."""
    _Strange.answers, _Strange.asked = {}, []
    server = HTTPServer(("127.0.0.1", 0), _Strange)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "is no NetBox"),
        ({"/api/": (200, {"API-Version": "4.1"}, b"{}")}, "is NetBox 4.1; it takes 4.2 or newer"),
        ({"/api/": (301, {"Location": "https://elsewhere.test/api/"}, b"")}, "says to ask elsewhere: https://elsewhere"),
        ({"/api/": (503, {}, b"<html>down</html>")}, "could not read : 503|503"),
        ({"/api/": (200, {"API-Version": "4.4"}, b"{}"), "/api/dcim/devices/": (200, {}, b"<html>")}, "no NetBox's"),
        (
            {
                "/api/": (200, {"API-Version": "4.4"}, b"{}"),
                "/api/dcim/devices/": (403, {}, b'{"detail": "Invalid token"}'),
            },
            "may not read dcim/devices: Invalid token",
        ),
    ],
)  # fmt: skip
def test_what_is_no_server_is_said(
    demo: Session, strange: str, answers: dict[str, tuple[int, dict[str, str], bytes]], said: str
) -> None:
    _Strange.answers = answers
    with pytest.raises(NetBoxFailed, match=said):
        synced(demo, Server(strange, "t" * 40))
    assert all(header in ("", f"Token {'t' * 40}") for _, header in _Strange.asked)


def test_the_token_goes_to_no_other_server(demo: Session, strange: str) -> None:
    page = json.dumps(
        {"count": 5, "next": "http://localhost:1/api/more/", "previous": None, "results": []}
    ).encode()
    _Strange.answers = {"/api/": (200, {"API-Version": "4.4"}, b"{}"), "/api/dcim/devices/": (200, {}, page)}
    with pytest.raises(NetBoxFailed, match="names another address"):
        synced(demo, Server(strange, "t" * 40))


def test_nobody_there(demo: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NetBoxFailed, match=r"does not answer: .*refused"):
        synced(demo, Server(f"http://127.0.0.1:{port}", "t" * 40))


@pytest.mark.parametrize(
    "to", ["netbox.example", "ftp://x", "https://user:pass@netbox.example", "https://x/?a=b"]
)
def test_addresses_that_are_none(to: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        Server(to, "t" * 40)


def test_the_command_line(
    demo: Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NETBOX_URL", "NETBOX_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    fleet = demo.observe()
    with pytest.raises(UsageError, match="which server"):
        deliver(Delivery(fleet, frozenset(), "", "", False, print))
    with pytest.raises(UsageError, match="wants a token"):
        deliver(Delivery(fleet, frozenset(), "https://netbox.example", "", False, print))
    assert main(["--demo", "export", "-o", "netbox"]) == 0
    assert '"extras/tags"' in capsys.readouterr().out
    assert main(["--demo", "export", "--to", "https://netbox.example"]) == 2
    assert "a script goes to no server" in capsys.readouterr().err
    assert main(["--demo", "export", "-o", "containerlab", "--write"]) == 2
    assert "is for no server" in capsys.readouterr().err
