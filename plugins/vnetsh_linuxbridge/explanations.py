"""What the codes of the Linux bridges' backend mean, E421 to E439."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E421",
        "a tunnel of another type on a Linux bridge",
        "Of tunnels a Linux bridge has those that the kernel makes: vxlan, and gre between two hosts. A mesh of gre it "
        "has not, nor geneve. Say vxlan and a key; or name a bridge of Open vSwitch with `on`, which has all of them.",
        before="bridge br0 on kvm1, kvm2 backend linux",
        wrong="tunnel t12 kvm1<->kvm2 on br0 type geneve key 42",
        right="tunnel t12 kvm1<->kvm2 on br0 type vxlan key 42",
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
        "a VLAN on a port of a Linux bridge that filters none",
        "A Linux bridge passes packets whatever their tags are, until it is told to filter VLANs: say `vlan-filtering "
        "yes` of it. Then its ports have the VLANs that are said, and those of which nothing is said take what is "
        "untagged alone; its uplink and tunnels go on to carry all. A bridge of Open vSwitch needs no word for it.",
        wrong="bridge br0 on kvm1 backend linux port p0 vlan 10",
        right="bridge br0 on kvm1 backend linux vlan-filtering yes port p0 vlan 10",
    ),
    Explanation(
        "E315",
        "a tunnel of GRE on a host whose kernel has none",
        "A Linux bridge's tunnels are the kernel's, and the kernel of this host has no devices of GRE: neither a "
        "module `ip_gre` (over IPv6 `ip6_gre`) that it could load, nor that built in. Kernels of distributions have "
        "it, some in a package of further modules. Without it say `type vxlan key NUMBER`, or take a bridge of Open "
        "vSwitch, which in userspace needs no kernel for it.",
    ),
    Explanation(
        "E532",
        "VLANs on a Linux bridge of a host whose kernel filters none",
        "Whether its bridges can filter VLANs is chosen when a kernel is built (CONFIG_BRIDGE_VLAN_FILTERING), and "
        "that of this host cannot; those of distributions can. Make the bridge with Open vSwitch instead: "
        "`bridge NAME on HOST backend ovs`.",
    ),
    Explanation(
        "E533",
        "VLAN 1 of a Linux bridge",
        "A Linux bridge that filters VLANs has what is untagged in its VLAN 1: so all ports of which nothing is said "
        "are in it, vms' NICs and the bridge itself too. It cannot be a VLAN apart: say another number. With a "
        "`trunk`, `vlan 1` has a port carry what is untagged as well.",
        wrong="bridge br0 on kvm1 backend linux vlan-filtering yes port p0 trunk 1, 10",
        right="bridge br0 on kvm1 backend linux vlan-filtering yes port p0 vlan 1 trunk 10",
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
        "VLANs of a Linux bridge that others set, as no sentence says them",
        "Whatever vnetsh changes it must be able to put back, and what others set it does not change in silence. This "
        "bridge or a port of it has VLANs otherwise than sentences say it: another VLAN of what is untagged "
        "(`vlan_default_pvid`), tags of 802.1ad, a table by hand, or a VLAN device on the bridge. Do it by hand with "
        "`ip link` and `bridge vlan`, or take that away first; `bridge vlan show` on the host shows the tables.",
    ),
    Explanation(
        "E429",
        "a Linux bridge that vms still use",
        "The bridge cannot be deleted while vms have ports on it: they would lose their network. Delete these vms, "
        "migrate them, or put their ports on another bridge first.",
    ),
)
