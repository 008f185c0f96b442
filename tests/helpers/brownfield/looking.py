"""All that a run could have changed on a lab host, read without vnetsh: by libvirt, ovsdb-client, ip and the files.

Two looks are compared by `differences`. What libvirt, vswitchd and the kernel number anew is left out.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import libvirt

from vnetsh_lab.lab import Lab

FOLDERS = ("/var/lib/libvirt", "/etc/libvirt/qemu", "/etc/libvirt/storage")
NOT_COMPARED = ("/etc/libvirt/qemu/", "/var/lib/libvirt/qemu/save/")
"""Folders of files whose content is libvirt's own way to write its domains, or is a guest's memory at some moment."""

OF_A_RUNNING_VM = ("/var/lib/libvirt/qemu/domain-", "/var/lib/libvirt/qemu/channel/")
STATES = {1: "running", 2: "running", 3: "paused", 4: "off", 5: "off", 6: "crashed", 7: "suspended"}
LARGE, LARGE_DISK = 16 * 2**20, 128 * 2**20
DIGESTS = """
while IFS= read -r file; do
    qemu-img convert -U -O raw "$file" /tmp/as-the-guest-sees-it &&
        sha256sum </tmp/as-the-guest-sees-it || echo unreadable
done
rm -f /tmp/as-the-guest-sees-it
"""

OF_A_NETWORK = ", of a network"
"""What follows the name of a tap whose port libvirt gives a number of its own at each start."""

Look = dict[str, Any]
"""Of one host: nested dictionaries of what JSON has."""


class Looking:
    """Looks at a lab's hosts. What is known of a file is not read again while the file is the same."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._known: dict[tuple[object, ...], Any] = {}

    def all(self) -> dict[str, Look]:
        """Both hosts as they are now."""
        return {host.name: self.host(host.name) for host, _ in self._lab.running()}

    def host(self, host: str) -> Look:
        """One host as it is now."""
        root = f"/proc/{self._lab.pid(host)}/root"
        connection = libvirt.open(f"qemu:///system?socket={root}/run/libvirt/libvirt-sock")
        try:
            taps: dict[str, str] = {}
            seen: Look = {
                "vms": {d.name(): _domain(d, taps) for d in connection.listAllDomains()},
                "networks": {
                    n.name(): [n.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE), n.isActive(), n.autostart()]
                    for n in connection.listAllNetworks()
                },
                "pools": {
                    p.name(): [
                        p.UUIDString(),
                        p.isPersistent(),
                        p.autostart() if p.isPersistent() else 0,
                        p.isActive(),
                    ]
                    for p in connection.listAllStoragePools()
                },
            }
        finally:
            connection.close()
        seen["files"] = self._files(host, root)
        seen["ovs"] = ovs(self._json_lines(host, "ovsdb-client", "-f", "json", "dump"), taps)
        seen["links"] = links(self._json_lines(host, "ip", "-json", "-d", "address")[0], taps)
        routes = self._json_lines(host, "ip", "-json", "route")[0]
        seen["routes"] = sorted(str({**route, "flags": []}) for route in routes)
        return seen

    def _run(self, host: str, *argv: str, input: str = "") -> str:
        done = self._lab.exec(host, argv, input=input, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _json_lines(self, host: str, *argv: str) -> list[Any]:
        return [json.loads(line) for line in self._run(host, *argv).splitlines() if line.strip()]

    def _files(self, host: str, root: str) -> Look:
        found: Look = {}
        qcow2: dict[str, tuple[object, ...]] = {}
        for folder in FOLDERS:
            for path in Path(root + folder).rglob("*"):
                name = str(path).removeprefix(root)
                if name.startswith(OF_A_RUNNING_VM) or not (path.is_symlink() or path.is_file()):
                    continue
                if path.is_symlink():
                    found[name] = str(path.readlink())
                    continue
                status = path.stat()
                key = (host, name, status.st_ino, status.st_mtime_ns, status.st_size)
                if key not in self._known:
                    self._known[key] = content = _content(path, status.st_size)
                    # By what its guest sees: a snapshot that was there has made the file larger for good.
                    if content.get("qcow2", LARGE_DISK) < LARGE_DISK:
                        qcow2[name] = key
                found[name] = {"mode": oct(status.st_mode), "owner": status.st_uid, **self._known[key]}
                if name.startswith(NOT_COMPARED):
                    found[name].pop("digest")
        digests = self._run(host, "sh", "-c", DIGESTS, input="\n".join(qcow2) + "\n" if qcow2 else "")
        for (name, key), digest in zip(qcow2.items(), digests.splitlines(), strict=True):
            self._known[key]["guest"] = found[name]["guest"] = digest
        return found


def _content(path: Path, size: int) -> dict[str, Any]:
    """Of a qcow2 file its virtual size and its backing file; what the guest sees comes later. Else a digest."""
    with path.open("rb") as file:
        header = file.read(1024)
    if header[:4] != b"QFI\xfb":
        return {"digest": hashlib.sha256(path.read_bytes()).hexdigest() if size < LARGE else size}
    start, length = int.from_bytes(header[8:16], "big"), int.from_bytes(header[16:20], "big")
    return {
        "qcow2": int.from_bytes(header[24:32], "big"),
        "backing": header[start : start + length].decode() if start else "",
        "snapshots": int.from_bytes(header[60:64], "big"),
    }


def _domain(domain: libvirt.virDomain, taps: dict[str, str]) -> Look:
    persistent, active = domain.isPersistent(), domain.isActive()
    inactive = libvirt.VIR_DOMAIN_XML_SECURE | (libvirt.VIR_DOMAIN_XML_INACTIVE if persistent else 0)
    live = ET.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)) if active else None
    for nic in live.iterfind("devices/interface") if live is not None else ():
        mac, target = nic.find("mac"), nic.find("target")
        if mac is not None and target is not None:
            of = OF_A_NETWORK if nic.find("source[@network]") is not None else ""
            taps[target.get("dev", "")] = f"tap of {mac.get('address')}{of}"
    return {
        "xml": _ordered(domain.XMLDesc(inactive) if persistent else _numbered(domain.XMLDesc(inactive))),
        "live": _memory_and_nics(live) if live is not None else None,
        "persistent": persistent,
        "autostart": domain.autostart() if persistent else 0,
        "state": STATES.get(domain.state()[0], "?"),
        "saved": domain.hasManagedSaveImage() if persistent else 0,
        "snapshots": {s.getName(): s.getXMLDesc() for s in domain.listAllSnapshots()},
        "current snapshot": domain.snapshotCurrent().getName() if domain.hasCurrentSnapshot() else "",
    }


def _numbered(xml: str) -> str:
    """The XML of a transient domain without what libvirt numbers at each start."""
    xml = re.sub(r" id='\d+'|(dev|path|tty)='(vnet\d+|/dev/pts/\d+)'", "", xml)
    if "portid=" in xml:  # what libvirt gives a network's NIC is another one at each start
        xml = re.sub(r" portid='[^']*'|<parameters interfaceid='[^']*'/>", "", xml)
    return re.sub(r"/domain-\d+-", "/domain-N-", xml)


def _ordered(xml: str) -> str:
    """The XML with its controllers in an order: libvirt has another one each time that it reads them."""
    block = re.compile(r" *<controller [^>]*?(?:/>|>.*?</controller>)\n", re.DOTALL)
    return block.sub("", xml) + "".join(sorted(block.findall(xml)))


def _memory_and_nics(live: ET.Element) -> object:
    """What the guest has of the things that vnetsh changes."""
    nics = []
    for nic in live.iterfind("devices/interface"):
        parts = ("mac", "source", "vlan", "mtu", "link", "model", "bandwidth")
        found = [
            ET.tostring(p, encoding="unicode").strip() for part in parts if (p := nic.find(part)) is not None
        ]
        nics.append(sorted(re.sub(r' portid="[^"]*"', "", text) for text in found))
    disks = [source.attrib for source in live.iterfind("devices/disk/source")]
    disks = [{k: v for k, v in disk.items() if k != "index"} for disk in disks]
    return {"memory": live.findtext("memory"), "vcpu": live.findtext("vcpu"), "nics": nics, "disks": disks}


VOLATILE = {
    "Open_vSwitch": {"cur_cfg", "next_cfg", "statistics", "db_version", "ovs_version", "system_type", "iface_types"}
    | {"datapaths", "dpdk_version", "datapath_types"},
    "Bridge": {"datapath_id", "datapath_version", "status", "rstp_status"},
    "Port": {"status", "statistics", "rstp_status", "rstp_statistics", "mac", "bond_active_slave"},
    "Interface": {"ofport", "statistics", "status", "mac_in_use", "ifindex", "admin_state", "link_state", "error"}
    | {"link_resets", "link_speed", "duplex", "mtu", "lacp_current", "cfm_flap_count", "cfm_fault", "cfm_health"},
    "Controller": {"is_connected", "role", "status"},
    "Mirror": {"statistics"},
}  # fmt: skip
UNROOTED = ("Bridge", "Port", "Interface", "Mirror", "Controller", "Datapath", "NetFlow", "sFlow", "IPFIX")
"""These tables are said inside the rows that refer to them."""


def ovs(tables: list[Any], taps: Mapping[str, str]) -> Look:
    """The database as a tree of names; rows that were made again are the same when they say the same."""
    rows: dict[str, tuple[str, dict[str, Any]]] = {}
    for table in tables:
        name = re.sub(r" table$", "", table["caption"])
        for values in table["data"]:
            row = dict(zip(table["headings"], values, strict=True))
            rows[row.pop("_uuid")[1]] = (name, row)

    def plain(value: Any, within: str) -> Any:
        match value:
            case ["uuid", uuid]:
                if uuid not in rows:
                    return "a row that is gone"
                named = within == "Mirror" and rows[uuid][0] == "Port"
                return _tap(rows[uuid][1]["name"], taps) if named else said(*rows[uuid])
            case ["set", list(some)]:
                return sorted((plain(one, within) for one in some), key=repr)
            case ["map", list(some)]:
                ours = within == "Open_vSwitch"  # the token of vnetsh's last operation there
                return {str(k): v for k, v in some if not (ours and str(k).startswith("vnetsh"))}
        return value

    def said(table: str, row: Mapping[str, Any]) -> Look:
        found = {c: plain(v, table) for c, v in row.items() if c not in VOLATILE.get(table, ())}
        # A set of one is given without its brackets.
        found |= {
            c: [v] for c, v in found.items() if not isinstance(v, (dict, list)) and c not in ("name", "type")
        }
        if (
            row.get("error") not in (None, ["set", []]) and row["type"] != "patch"
        ):  # of that one it comes late
            found["in error"] = True
        if "name" not in row:
            return found
        name = _tap(row["name"], taps)
        if table == "Interface" and taps.get(row["name"], "").endswith(OF_A_NETWORK):
            found["external_ids"].pop("iface-id", None)
        return {**found, "name": name}

    bridges = {row["name"]: said(table, row) for table, row in rows.values() if table == "Bridge"}
    for bridge in bridges.values():
        ports = bridge["ports"] if isinstance(bridge["ports"], list) else [bridge["ports"]]
        bridge["ports"] = {port["name"]: port for port in ports}
    root = [said(t, {**r, "bridges": ["set", []]}) for t, r in rows.values() if t == "Open_vSwitch"]
    loose = [said(t, r) for t, r in rows.values() if t not in (*UNROOTED, "Open_vSwitch")]
    return {"bridges": bridges, "root": root, "others": sorted(map(repr, loose))}


def _tap(name: str, taps: Mapping[str, str]) -> str:
    return taps.get(name, name) if re.fullmatch(r"vnet\d+", name) else name


COUNTED = re.compile(
    r"_timer$|^topology_change|^root_|^designated|^bridge_id$|^state$|^no$|^id$|^(ns|rt)_|_pending$|^port$|cfm|forwarding"
)


def links(found: list[dict[str, Any]], taps: Mapping[str, str]) -> Look:
    """The links with what is set on them and their addresses."""
    result: Look = {}
    internal = {
        link["ifname"]
        for link in found
        if link.get("linkinfo", {}).get("info_kind") in ("tun", "openvswitch")
    }
    for link in found:
        keys = (
            "link_type",
            "mtu",
            "master",
            "ifalias",
            "altnames",
            "address",
            "num_tx_queues",
            "group",
            "promiscuity",
        )
        said = {key: link[key] for key in keys if key in link}
        if "master" in said:
            said["master"] = _tap(said["master"], taps)
        if link["ifname"] in internal:
            said.pop("address", None)  # vswitchd's, by chance
            said.pop("mtu")  # that of the smallest port, or what its row asks for
        info = link.get("linkinfo", {})
        if info.get("info_kind") == "bridge":
            said.pop("address")  # the kernel's, by its ports
        said["info"] = {k: v for k, v in info.items() if not k.endswith("_data")}
        for part in ("info_data", "info_slave_data"):
            said[part] = {k: v for k, v in info.get(part, {}).items() if not COUNTED.search(k)}
        if said["info_data"].get("stp_state"):
            said["info_data"].pop("ageing_time")  # short for a while after each change of the tree
        said["up"] = "UP" in link["flags"]
        said["addresses"] = sorted(
            f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a.get("scope") != "link"
        )
        result[_tap(link["ifname"], taps)] = said
    return result


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """What differs, a line each, with the way to it."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys(), key=str):
            where = f"{place}/{key}"
            if key not in before:
                yield f"{where} is new: {_short(after[key])}"
            elif key not in after:
                yield f"{where} is gone: {_short(before[key])}"
            else:
                yield from differences(before[key], after[key], where)
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before:
        found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        lines = [f"{line[0]}{line[1:].strip()}" for line in found if line[:2] not in ("--", "++", "@@")]
        if lines:
            yield f"{place}: {' '.join(lines)}"
    elif before != after:
        yield f"{place}: was {_short(before)}, is {_short(after)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}…"
