"""Scratch Open vSwitch hosts: what they hold, and changes for them."""

import json
from dataclasses import replace

from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.testing.fleet import no_progress

STATUS = {"ofport", "error", "datapath_version", "cfm_flap_count", "bond_active_slave"}
EPHEMERAL = {
    "Bridge": {"datapath_id", "status", "rstp_status"},
    "Controller": {"is_connected", "role", "status"},
}


def new(kind, name, **attributes):
    parent = ("bridge", str(attributes["bridge"])) if kind == "port" else None
    return Change(ActionKind.ADD, None, Resource(kind, name, "kvm1", attributes, parent, "ovs", marked=True))


def found(link, kind, name):
    return next((r for r in link.observe(no_progress).resources if (r.kind, r.name) == (kind, name)), None)


def changed(link, kind, name, **attributes):
    before = found(link, kind, name)
    return Change(ActionKind.CHANGE, before, before.with_attributes(**attributes))


def removed(link, kind, name):
    return Change(ActionKind.REMOVE, found(link, kind, name), None)


def inverse(changes):
    """What undo gets from the journal: records have been through JSON."""

    def stored(resource):
        return resource and replace(resource, record=json.loads(json.dumps(dict(resource.record or {}))))

    backwards = [change.inverse() for change in reversed(changes)]
    return [replace(c, before=stored(c.before), after=stored(c.after)) for c in backwards]


def dump(ovs):
    """All configuration that hangs from the root, without UUIDs, numbers of transactions and status."""
    tables = ["Bridge", "Port", "Interface", "Mirror", "Controller", "QoS", "NetFlow", "Flow_Table"]
    selects = [{"op": "select", "table": table, "where": []} for table in tables]
    rows = {}
    for table, result in zip(tables, ovs.transact(*selects), strict=True):
        rows |= {row["_uuid"][1]: (table, row) for row in result["rows"]}

    def plain(value, owner):
        if isinstance(value, list) and len(value) == 2 and value[0] == "uuid":
            table, row = rows[value[1]]
            return row["name"] if owner == "Mirror" else describe(table, row)
        if isinstance(value, list) and len(value) == 2 and value[0] in ("set", "map"):
            return sorted((plain(one, owner) for one in value[1]), key=repr)
        return value

    def describe(table, row):
        skipped = STATUS | EPHEMERAL.get(table, set()) | {"_uuid", "_version"}
        if table in ("Interface", "Port"):
            skipped |= {
                "statistics",
                "status",
                "mac_in_use",
                "ifindex",
                "admin_state",
                "link_state",
                "link_resets",
            }
            skipped |= {"link_speed", "duplex", "mtu", "lacp_current", "rstp_status", "rstp_statistics"}
        if table == "Mirror":
            skipped |= {"statistics"}
        return {c: plain([v] if c == "tag" else v, table) for c, v in sorted(row.items()) if c not in skipped}

    return sorted((describe(*rows[u]) for u in rows if rows[u][0] == "Bridge"), key=lambda row: row["name"])


def written(ovs):
    """How many transactions asked vswitchd for something."""
    return ovs.transact({"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]})[0][
        "rows"
    ]


LIVED_IN = (  # a bridge that somebody else has used for a while
    *(
        "--",
        "add-br",
        "old",
        "--",
        "set",
        "bridge",
        "old",
        "fail_mode=secure",
        "other_config:hwaddr=02:00:00:00:00:01",
    ),
    *("--", "set-controller", "old", "ptcp:6653:127.0.0.1"),
    *("--", "add-port", "old", "eth5"),
    *(
        "--",
        "add-port",
        "old",
        "int0",
        "tag=7",
        "--",
        "set",
        "interface",
        "int0",
        "type=internal",
        "mtu_request=1400",
    ),
    *("--", "add-port", "old", "tun0", "--", "set", "interface", "tun0", "type=vxlan"),
    *("options:remote_ip=192.0.2.9", "options:key=99", "options:dst_port=4790", "external_ids:who=admin"),
    *("--", "add-bond", "old", "bond0", "eth8", "eth9", "bond_mode=balance-slb"),
    *(
        "--",
        "add-port",
        "old",
        "patch0",
        "--",
        "set",
        "interface",
        "patch0",
        "type=patch",
        "options:peer=patch1",
    ),
    *("--", "--id=@int0", "get", "port", "int0", "--", "--id=@eth5", "get", "port", "eth5"),
    *("--", "--id=@m", "create", "mirror", "name=m0", "select-src-port=@int0", "output-port=@eth5"),
    *("--", "set", "bridge", "old", "mirrors=@m"),
    *("--", "--id=@q", "create", "qos", "type=linux-htb", "other-config:max-rate=1000000"),
    *("--", "set", "port", "int0", "qos=@q"),
)
OURS = (
    new("bridge", "br0", uplink="eth1"),
    new("port", "p1", bridge="br0", type="internal", vlan=10),
    new("port", "eth3", bridge="br0", type="system"),
    new("tunnel", "gre12", bridge="br0", type="gre", remote="192.0.2.2", key=5),
    new("bridge", "br1"),
    new("bridge", "br2", mtu=1450),
)
