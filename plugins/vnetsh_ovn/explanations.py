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
    Explanation(
        "E560",
        "what is said of a router does not go together",
        "A router joins networks that have subnets, none of which overlaps with another one's. It leads outside by one "
        "network that is `external`, where it has an address of its own; SNAT and gateways go with that.",
    ),
    Explanation(
        "E561",
        "an address outside cannot be had",
        "What a router, an `eip` or a `forward` has outside is an address of that network's subnet, and nobody else's: "
        "neither that of the router beyond nor that of another one here. Forwards of one router may share an address, "
        "also with the router itself.",
    ),
    Explanation(
        "E562",
        "two routers would have one network's gateway address",
        "A network has one router: its guests know one gateway. `peer` has the networks of two routers reach each "
        "other.",
    ),
    Explanation(
        "E563",
        "a gateway is no chassis that leads there",
        "A router leads outside by hosts that are chassis of its cluster, and on which the bridge of its network is "
        "mapped.",
    ),
    Explanation(
        "E564",
        "a hop leads nowhere",
        "A hop is by an address in one of its router's subnets, of the same version of IP. Where all else goes is said "
        "by the router's `uplink`.",
    ),
    Explanation(
        "E565",
        "two routers cannot be peers",
        "Peers are two routers whose networks' subnets do not overlap, neither with each other's nor with those of "
        "their other peers.",
    ),
    Explanation(
        "E566",
        "an address outside leads to nobody",
        "An `eip` or a `forward` leads to a vm with an address in a network, or to an address there, and the router "
        "that joins that network leads to a subnet outside that has the address. Where several would fit, `router` "
        "says which.",
    ),
)
