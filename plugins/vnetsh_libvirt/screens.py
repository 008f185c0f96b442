"""What a VM's display shows, as QEMU draws it."""

from __future__ import annotations

from typing import Any

from vnetsh.backend import NO_DISPLAY
from vnetsh.errors import BackendRefused, CannotTell
from vnetsh.model import Resource
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing


def screenshot(host: LibvirtHost, vm: Resource) -> bytes:
    """A picture of a VM's first display: PNG, or PPM of an older QEMU. Raises `CannotTell`, `HostUnreachable`."""
    domain = existing(host, vm.name)
    models = [str(model.get("type")) for model in host.live(domain).root.iterfind("devices/video/model")]
    if not any(model != "none" for model in models):
        raise CannotTell(
            f"vm {vm.name} on {vm.place} has no display",
            help=f"a new vm has one by `graphics vnc`; this one gets it by `virsh edit {vm.name}` there, a `<video>`",
            code=NO_DISPLAY,
        )
    try:
        return host.link.call(_taken, host.link.connection, domain)
    except BackendRefused as error:
        said = error.message.removeprefix(f"{host.name}: ")
        raise CannotTell(f"vm {vm.name} on {vm.place}: no screenshot: {said}", code=NO_DISPLAY) from error


def _taken(connection: Any, domain: Any) -> bytes:
    """The bytes of a picture. Called on a link's thread."""
    stream, found = connection.newStream(0), bytearray()
    domain.screenshot(stream, 0, 0)
    stream.recvAll(lambda stream, data, whole: whole.extend(data), found)
    stream.finish()
    return bytes(found)
