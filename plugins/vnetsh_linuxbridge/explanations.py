"""What the codes of the Linux bridges' backend mean, E421 to E439."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E421",
        "a tunnel of another type on a Linux bridge",
        "Of tunnels a Linux bridge has those of vxlan only, which the kernel makes. Say that type, and a key; or name "
        "a bridge of Open vSwitch with `on`, which has gre and geneve as well.",
        before="bridge br0 on kvm1, kvm2 backend linux",
        wrong="tunnel gre12 kvm1<->kvm2 on br0 type gre",
        right="tunnel gre12 kvm1<->kvm2 on br0 type vxlan key 42",
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
        "E496",
        "a tunnel of a Linux bridge without a key",
        "The kernel gives each of its VXLAN devices the number of a network, and no two of a host the same. That is "
        "the tunnel's key: say one that no other of its hosts has, such as `key 42`.",
        before="bridge br0 on kvm1, kvm2 backend linux",
        wrong="tunnel vx1 kvm1<->kvm2 on br0 type vxlan",
        right="tunnel vx1 kvm1<->kvm2 on br0 type vxlan key 42",
    ),
    Explanation(
        "E497",
        "a key that another VXLAN device of the host has",
        "The kernel knows by its key alone for which VXLAN device of a host a packet is, so it takes no second one. "
        "Give each tunnel of a Linux bridge a key of its own. Tunnels between more than two hosts that are to be one "
        "network are a `mesh`: its tunnels are one device on each host.",
        before="bridge br0 on kvm1, kvm2, kvm3 backend linux\ntunnel a kvm1<->kvm2 on br0 type vxlan key 42",
        wrong="tunnel b kvm1<->kvm3 on br0 type vxlan key 42",
        right="tunnel b kvm1<->kvm3 on br0 type vxlan key 43",
    ),
    Explanation(
        "E499",
        "a forward delay with which there is no spanning tree",
        "While a bridge takes part in a spanning tree the kernel has it wait 2 to 30 seconds in each of two steps "
        "before a port forwards. A bridge may have another delay as long as it does not matter: say one with `stp`.",
        before="bridge br0 on kvm1 backend linux forward-delay 0",
        wrong="bridge br0 on kvm1 stp yes",
        right="bridge br0 on kvm1 stp yes forward-delay 15",
    ),
    Explanation(
        "E500",
        "a mesh of Linux bridges with a hub",
        "On a Linux bridge all tunnels of a mesh that a host has are one device of the kernel, and that never sends on "
        "what it got: so nobody gets a packet twice, and no host can be the way between two others. Leave `hub` out.",
        before="bridge br0 on kvm1, kvm2, kvm3 backend linux",
        wrong="mesh overlay kvm1, kvm2, kvm3 on br0 type vxlan key 42 hub kvm1",
        right="mesh overlay kvm1, kvm2, kvm3 on br0 type vxlan key 42",
    ),
    Explanation(
        "E501",
        "a tunnel's device that vnetsh could not restore",
        "Whatever vnetsh takes out or makes anew it must be able to put back when a later step fails. Others gave this "
        "VXLAN device options, or its forwarding table entries, that vnetsh does not know how to give a new one. Do it "
        "by hand with `ip link` and `bridge fdb`; `ip -details link show NAME` on the host shows the options.",
    ),
    Explanation(
        "E424",
        "a bridge or mesh with the name of another interface",
        "All network interfaces of a host share their names, and something there, perhaps not made by vnetsh, has "
        "the name of this new bridge, or of a mesh's device. Choose another name; `ip link` on the host lists all.",
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
