"""What is wrong on the hosts of `--demo=ill`: for `doctor` to find, and for its sentences to mend."""

from __future__ import annotations

from vnetsh.model import Finding, Resource, Severity
from vnetsh_demo.host import NAME, DemoHost

_MAC = "52:54:00:aa:bb:cc"


def plant(host: DemoHost) -> None:
    """Make what is wrong with a host, by its name."""
    for resource in _PLANTED.get(host.name, ()):
        host.resources[resource.kind, resource.name] = resource


def _of(host: str, kind: str, name: str, parent: tuple[str, str] | None = None, **has: str | int) -> Resource:
    return Resource(kind, name, host, has, parent, backend=NAME)


def _vm(host: str, name: str) -> list[Resource]:
    port = _of(host, "port", f"{name}_port1", ("vm", name), vm=name, type="vm", bridge="vswitch01", mac=_MAC)
    return [_of(host, "vm", name, memory=512 * 2**20, vcpus=1, state="running", autostart="yes"), port]


_PLANTED = {
    "kvm1": [
        *_vm("kvm1", "mail"),
        _of("kvm1", "bridge", "vswitch02", backend="ovs"),
        _of("kvm1", "tunnel", "gre12", type="gre", bridge="vswitch02", remote="192.0.2.2"),
    ],
    "kvm2": [
        *_vm("kvm2", "news"),
        _of("kvm2", "bridge", "vswitch02", backend="ovs"),
        _of(
            "kvm2",
            "port",
            "gone_port1",
            ("bridge", "vswitch01"),
            type="vm",
            bridge="vswitch01",
            error="could not open network device gone_port1 (No such device)",
        ),
    ],
}


def findings(host: DemoHost) -> list[Finding]:
    """What a host in memory tells of itself: ports that are left of vms that are gone."""
    return [
        Finding(
            port.key,
            f"its vm is gone, and it is left at bridge {port.text('bridge')}",
            gone=True,
            severity=Severity.WARNING,
        )
        for port in host.resources.values()
        if port.kind == "port" and port.get("error") and not port.get("vm")
    ]
