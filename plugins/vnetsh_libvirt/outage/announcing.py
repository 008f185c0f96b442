"""Tell all switches where a VM is: frames that come from its own ports, so that they learn what is true."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from vnetsh.errors import VnetshError
from vnetsh.hosts.frames import garp, rarp
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.outage.switches import Entry, Plugged, read, stale

_SETTLE = 0.1  # seconds that a frame gets to be everywhere
_ANY = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14"
_SEND = r"""
while test $# -gt 0; do
    bridge=$(ovs-vsctl --timeout=2 br-to-parent "$1") || exit
    port=$(ovs-vsctl --timeout=2 get interface "$2" ofport) || exit
    # To the flow table, as if the VM had sent it: whoever rules the bridge by flows rules this, too.
    ovs-ofctl --timeout=2 -O "$4" packet-out "$bridge" "in_port=$port packet=$3 actions=table" || exit
    shift 4
done
"""
_QEMU = '{"execute": "announce-self", "arguments": {"initial": 50, "max": 100, "rounds": 3, "step": 50}}'


class Announcer:
    """Announces a VM at its host, from its own ports; `addresses` are those that are known, by MAC."""

    def __init__(
        self, vm: str, host: LibvirtHost, nics: Sequence[Plugged], addresses: dict[str, str]
    ) -> None:
        self._vm, self._host, self._nics, self._addresses = vm, host, nics, addresses
        openvswitch = host.openvswitch(nic.bridge for nic in nics)
        self._by_switch = [nic for nic in nics if openvswitch[nic.bridge]]

    def announce(self) -> str:
        """Send all that there is; what was sent, in words. Raises `VnetshError`."""
        words: list[str] = []
        kinds = ["RARP"]
        for nic in self._by_switch:
            words += [nic.bridge, nic.tap, rarp(nic.mac).hex(), _ANY]
            if address := self._addresses.get(nic.mac.lower()):
                words += [nic.bridge, nic.tap, garp(nic.mac, address).hex(), _ANY]
                kinds = ["RARP", "ARP"]
        if words:
            self._host.transport.ask(["sh", "-c", _SEND, "sh", *words], timeout=self._host.timeout)
        if len(self._by_switch) < len(
            self._nics
        ):  # a Linux bridge takes frames from a tap only of who holds it
            self._by_qemu()
        return " and ".join(kinds)

    def _by_qemu(self) -> None:
        import libvirt_qemu

        domain = self._host.domain(self._vm)
        if domain is not None:
            self._host.link.call(libvirt_qemu.qemuMonitorCommand, domain, _QEMU, 0)


def mend(
    vm: str,
    target: LibvirtHost,
    hosts: Sequence[LibvirtHost],
    nics: Sequence[Plugged],
    addresses: dict[str, str],
    since: float,
) -> list[str]:
    """See that no switch sends frames for a VM where it is no more; what was found and done, in sentences.

    It came to its host at `since`, by the monotonic clock. `hosts` are all whose switches are looked at.
    """
    before = _stale(target, hosts, nics, since)
    if not before:
        return []
    where = " and ".join(dict.fromkeys(f"{entry.bridge} of {entry.host}" for entry in before))
    found = f"{where} had it where it is no more"
    try:
        sent = Announcer(vm, target, nics, addresses).announce()
    except VnetshError as error:
        return [f"{found}, and it could not be announced again: {error.message}"]
    time.sleep(_SETTLE)
    after = _stale(target, hosts, nics, since)
    if not after:
        return [f"{found}: announced again by {sent}"]
    left = " and ".join(dict.fromkeys(f"{entry.bridge} of {entry.host}" for entry in after))
    help = "until it sends something itself: do flows drop what announces it?"
    return [f"{found}: announced again by {sent}, and {left} has it there still, {help}"]


def _stale(
    target: LibvirtHost, hosts: Sequence[LibvirtHost], nics: Sequence[Plugged], since: float
) -> list[Entry]:
    from vnetsh.hosts.workers import at_once

    def of(host: LibvirtHost) -> list[Entry]:
        with suppress(VnetshError):
            return read(host, nics, here=host.name == target.name)
        return []

    found = at_once("switches", of, hosts)
    passed = time.monotonic() - since
    return [entry for each in found for entry in each if stale(entry, nics, passed)]
