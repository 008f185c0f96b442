"""What the codes of OVN's diagnostics mean: `vnetsh explain`."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E553",
        "what is said of a network does not go together",
        "A network has one subnet of each version of IP at most, and its gateway is an address of one of them; DHCP "
        "gives addresses of the subnet. A network that leads outside needs a bridge of its chassis.",
    ),
    Explanation(
        "E554",
        "there is no such tenant",
        "What is called `acme/web` stands in the tenant `acme`, who is declared by a sentence of their own, mostly "
        "with all that is theirs in its block: `tenant acme { network web }`.",
    ),
    Explanation(
        "E555",
        "a host in no zone of the network's cluster",
        "A network is on the chassis of its cluster alone, and a `zone` makes hosts chassis: `zone a on kvm1 cluster "
        "region1`. Put the host into one, or the vm on another host.",
    ),
    Explanation(
        "E556",
        "an address that a NIC cannot have",
        "It is outside of the network's subnet, or its gateway or another NIC has it already, or no address is free. "
        "`show attachments` lists who has which; without `address` a NIC gets the first that is free.",
    ),
    Explanation(
        "E558",
        "something is still on what is to go",
        "A network does not go while NICs are on it, vnetsh's or others', and a tenant not while there is anything in "
        "its block. Delete these first, or put them elsewhere.",
    ),
    Explanation(
        "E557",
        "a host that others made a chassis",
        "Its Open vSwitch says already where a southbound database is, and vnetsh did not write that: its vms may be "
        "another cloud's. If it is yours, take it out first: `ovs-vsctl remove open . external_ids ovn-remote`.",
    ),
)
