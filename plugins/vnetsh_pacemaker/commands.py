"""What a change is by hand: as `pcs` commands, for `--explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.backend import HostCommand
from vnetsh.model import ActionKind, Change, Fleet, Resource, listed
from vnetsh_pacemaker.drafting import LEAVE, MATES, id_of
from vnetsh_pacemaker.shapes import SHAPES
from vnetsh_pacemaker.shapes.kept import STICKINESS
from vnetsh_pacemaker.shapes.vms import file_of
from vnetsh_pacemaker.sort import APART, MEMBER, STANDBY, TOGETHER

_VM = "ocf:heartbeat:VirtualDomain"
_IP = "ocf:heartbeat:IPaddr2"


def commands(change: Change, before: Fleet) -> Sequence[HostCommand]:
    """By `pcs`, on a host of the cluster."""
    host = next(iter(before.places[change.place].hosts), "")
    return [one if one.host else replace(one, host=host) for one in _commands(change, before)]


def _commands(change: Change, fleet: Fleet) -> Iterator[HostCommand]:
    one = change.resource
    if one.kind == MEMBER:
        yield _pcs("node", "standby" if one.get(STANDBY) else "unstandby", one.name, "--wait")
        return
    if one.kind == "order":
        ends = one.text("first"), one.text("then")
        if change.after is None:
            yield _pcs("constraint", "order", "remove", *ends)
        else:
            yield _pcs("constraint", "order", ends[0], "then", ends[1])
        return
    id = id_of(change.before or one) or SHAPES[one.kind].id(one.name)
    if change.after is None:
        yield from _removal(one, id, fleet)
    elif change.before is None:
        yield from _addition(one, id, fleet)
    else:
        yield from _update(change, id, fleet)


def _pcs(*words: str, note: str = "") -> HostCommand:
    return HostCommand(("pcs", *words), note=note)


def _addition(one: Resource, id: str, fleet: Fleet) -> Iterator[HostCommand]:
    if one.kind == "fence":
        options = listed(one.get("options"))
        secrets = [f"{secret.partition('=')[0]}=SECRET" for secret in listed(one.get("secrets"))]
        hosts = [f"pcmk_host_list={' '.join(listed(one.get('hosts')))}"]
        note = "vnetsh keeps secrets in files of the hosts (cibsecret), not in the CIB" if secrets else ""
        yield _pcs("stonith", "create", id, one.text("by"), *options, *secrets, *hosts, note=note)
        return
    if one.kind == "vip":
        told = [f"ip={one.name}", f"nic={one.text('on')}"]
        told += [f"cidr_netmask={one.text('prefix')}"] if one.get("prefix") else []
        yield _pcs("resource", "create", id, _IP, *told, "meta", f"resource-stickiness={STICKINESS}")
    else:
        at = next((vm.place for vm in fleet.named("vm", one.name)), "")
        dump = 'virsh dumpxml --inactive --security-info "$1" >"$2"'
        note = "and the same file on every host of the cluster"
        yield HostCommand(("sh", "-c", dump, "sh", one.name, file_of(one.name)), note=note, host=at)
        told = [f"config={file_of(one.name)}", "hypervisor=qemu:///system", "migrate_options=--p2p"]
        told += [f"migration_transport={one.text('transport')}"] if one.get("transport") else []
        yield _pcs(
            "resource", "create", id, _VM, *told, "meta", *_meta(one), f"resource-stickiness={STICKINESS}"
        )
        yield HostCommand(("virsh", "undefine", one.name), host=at)
    for word in (TOGETHER, APART):
        yield from _bonds(Change(ActionKind.ADD, None, one), word, id, fleet)
    if one.get("prefer"):
        yield _pcs("constraint", "location", id, "prefers", f"{one.text('prefer')}=100")


def _bonds(change: Change, word: str, id: str, fleet: Fleet) -> Iterator[HostCommand]:
    """Whom one is together with, or apart from."""
    had, has = (listed(one.get(word)) if one else () for one in (change.before, change.after))
    ends = {mate: _called(mate, change.place, fleet) for mate in (*had, *has)}
    for mate in (one for one in had if one not in has):
        yield _pcs("constraint", "colocation", "remove", id, ends[mate])
    for mate in (one for one in has if one not in had):
        yield _pcs("constraint", "colocation", "add", id, "with", ends[mate], MATES[word])


def _called(name: str, place: str, fleet: Fleet) -> str:
    """What a vm or a vip is called in its cluster."""
    for kind in ("ha", "vip"):
        if found := fleet.get(kind, place, name):
            return id_of(found) or SHAPES[kind].id(name)
    return SHAPES["vip" if name[:1].isdigit() or ":" in name else "ha"].id(name)


def _meta(one: Resource) -> list[str]:
    found = ["allow-migrate=true"] if one.get("migrate") else []
    return found + ([f"migration-threshold={one.text('restart')}"] if one.get("restart") else [])


def _removal(one: Resource, id: str, fleet: Fleet) -> Iterator[HostCommand]:
    if one.kind != "ha":
        yield _pcs("stonith" if one.kind == "fence" else "resource", "delete", id)
        return
    at = next((vm.place for vm in fleet.named("vm", one.name)), "")
    yield _pcs("resource", "unmanage", id)
    yield HostCommand(("virsh", "define", file_of(one.name)), host=at)
    for host in fleet.places[one.place].hosts:
        rule = f"{LEAVE}{id}-{host}"
        yield _pcs(
            "constraint", "location", "add", rule, id, host, "--", "-INFINITY", "resource-discovery=never"
        )
    yield _pcs("resource", "refresh", id, "--force", note="else the cluster would stop what it knows no more")
    yield HostCommand(("cibadmin", "--delete", "--xml-text", f'<primitive id="{id}"/>'), note="and the rules")


def _update(change: Change, id: str, fleet: Fleet) -> Iterator[HostCommand]:
    words = {"on": "nic", "prefix": "cidr_netmask", "transport": "migration_transport"}
    metas = {"restart": "migration-threshold", "migrate": "allow-migrate"}
    told, meta = [], []
    for name, (_, now) in change.differing().items():
        value = "" if now in (None, False) else "true" if now is True else str(now)
        told += [f"{words[name]}={value}"] if name in words else []
        meta += [f"{metas[name]}={value}"] if name in metas else []
        if name == "prefer":
            yield _pcs("constraint", "location", id, "prefers", f"{value}=100")
        if name in (APART, TOGETHER):
            yield from _bonds(change, name, id, fleet)
        if name == "options":
            told += listed(change.resource.get("options"))
        if name == "hosts":
            told.append(f"pcmk_host_list={' '.join(listed(change.resource.get('hosts')))}")
    if told:
        yield _pcs("stonith" if change.resource.kind == "fence" else "resource", "update", id, *told)
    if meta:
        yield _pcs("resource", "meta", id, *meta)
