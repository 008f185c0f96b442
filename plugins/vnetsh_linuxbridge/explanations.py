"""What the codes of the Linux bridges' backend mean, E421 to E439."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E421",
        "a tunnel on a Linux bridge",
        "vnetsh makes tunnels on bridges of Open vSwitch only, and the bridge that this one would join is one of "
        "Linux. Name another bridge with `on`; one that is not there yet is made with Open vSwitch.",
        before="bridge br0 on kvm1, kvm2 backend linux",
        wrong="tunnel gre12 kvm1<->kvm2 on br0",
        right="tunnel gre12 kvm1<->kvm2 on vswitch02",
    ),
    Explanation(
        "E422",
        "an internal port of a Linux bridge",
        "An internal port is an interface that the switch itself makes, which only Open vSwitch does. Make the "
        "bridge with Open vSwitch, or join an interface that is there already, such as one end of a veth pair.",
        before="bridge br0 on kvm1 backend linux",
        wrong="bridge br0 on kvm1 port web0 type internal",
        right="bridge vswitch02 on kvm1 port web0 type internal",
    ),
    Explanation(
        "E423",
        "a VLAN on a port of a Linux bridge",
        "vnetsh sets no VLANs on Linux bridges. Leave `vlan` out, or make the bridge with Open vSwitch: "
        "`bridge NAME on HOST backend ovs`.",
    ),
    Explanation(
        "E424",
        "a bridge with the name of another interface",
        "All network interfaces of a host share their names, and something there, perhaps not made by vnetsh, has "
        "the name of this new bridge. Choose another name; `ip link` on the host lists all interfaces.",
    ),
    Explanation(
        "E425",
        "an interface that carries addresses of the host",
        "An interface that becomes a port or the uplink of a bridge no longer answers on its IP addresses, and you "
        "may be connected through one of them. vnetsh does not move addresses to Linux bridges. Move them by hand "
        "from the host's console, as the message shows, or take an interface that has none.",
    ),
    Explanation(
        "E426",
        "an interface that belongs to another bridge",
        "An interface is a port of one bridge at most, and this one has its bridge already. Take it out there "
        "first, or choose another one.",
    ),
    Explanation(
        "E427",
        "a bridge with a VLAN table that vnetsh could not restore",
        "Whatever vnetsh takes out it must be able to put back when a later step fails. This bridge filters VLANs, "
        "and the VLAN table of its ports would be lost. Do it by hand with `ip link` and `bridge vlan`, or switch "
        "the filtering off first: `ip link set BRIDGE type bridge vlan_filtering 0` on the host.",
    ),
    Explanation(
        "E429",
        "a Linux bridge that vms still use",
        "The bridge cannot be deleted while vms have ports on it: they would lose their network. Delete these vms, "
        "migrate them, or put their ports on another bridge first.",
    ),
)
