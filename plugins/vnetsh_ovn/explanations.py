"""What the codes of OVN's diagnostics mean: `vnetsh explain`."""

from __future__ import annotations

from vnetsh.explanations import Explanation

_GROUPED = (
    "zone a on kvm1 cluster region1\n"
    "tenant acme { network web subnet 10.0.1.0/24; group webs members web01; allow any -> webs tcp 80 }\n"
    "vm web01 on kvm1 port acme/web"
)

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
        "E559",
        "a row that vnetsh only shows",
        "A row of OVN's database that belongs to no noun: a meter, an address set, a BFD session and so on. Others "
        "made it, and no sentence changes it: whoever did takes it away.",
    ),
    Explanation(
        "E557",
        "a host that is a chassis already",
        "A host is in one zone. Where it is in another one, that has to go from it first. Or its Open vSwitch says "
        "where a southbound database is, and vnetsh did not write that: its vms may be another cloud's. If it is yours "
        "take it out first: `ovs-vsctl remove open . external_ids ovn-remote`.",
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
    Explanation(
        "E570",
        "what is said of a rule does not go together",
        "A rule says what goes to a group, a network or a vm; `any` can only send, for what somebody begins themselves "
        "is never held up. Only tcp and udp have ports. A network is known by its subnet, so one without any can be "
        "no end, and its ends are at the rule's own cluster.",
        before=_GROUPED,
        wrong="allow acme/webs -> any tcp 25",
        right="allow any -> acme/webs tcp 25",
    ),
    Explanation(
        "E571",
        "a rule would change nothing",
        "An `allow` opens what is closed: the members of a group, and the networks of a tenant to the outside. What is "
        "in no tenant and in no group takes everything already.",
        before="network office subnet 10.9.0.0/24",
        wrong="allow any -> office tcp 80",
        right="tenant acme { network web subnet 10.0.1.0/24; allow any -> web tcp 80 }",
    ),
    Explanation(
        "E572",
        "another rule says the same",
        "A rule is known by its way and its protocol, as they are said: `allow web01 -> dbs tcp`. The same way in "
        "other words, such as `vm:web01 -> dbs`, would be a second rule of the same meaning.",
        before=_GROUPED,
        wrong="allow any -> group:acme/webs tcp 443",
        right="allow any -> acme/webs tcp 443",
    ),
    Explanation(
        "E573",
        "a member of a group is on no network",
        "A group closes the ports that its members have on networks. A vm that has none there, and gets none by the "
        "same script, is mostly a name that is mistyped.",
        wrong="group webs members web2",
        right="zone a on kvm1 cluster region1\n"
        "network web subnet 10.0.1.0/24\n"
        "vm web01 on kvm1 port web\n"
        "group webs members web01",
    ),
    Explanation(
        "E574",
        "something that is to go is what others stand on",
        "A rule stands on the groups and networks that it names, and what is called `acme/web` on the tenant `acme`. "
        "With these it would go without a word, so it is to be deleted first, or by the same script.",
        before=_GROUPED,
        wrong="delete group acme/webs",
        right="delete allow any -> acme/webs tcp\ndelete group acme/webs",
    ),
    Explanation(
        "E575",
        "what is said of a load balancer does not go together",
        "A load balancer has one address and one port of tcp or udp; who answers has addresses of the same version of "
        "IP. Nobody else has the address on the networks from which it is asked, nor another load balancer of the same "
        "tenant the same port of it. OVN looks after backends (`check`) with IPv4 only.",
        before=_GROUPED,
        wrong="loadbalancer acme/www address 10.0.1.1 tcp 80 to web01",
        right="tenant acme { router r1 networks web; loadbalancer www address 10.0.1.100 tcp 80 to web01 }",
    ),
    Explanation(
        "E576",
        "a vm behind a load balancer has no address, or several",
        "Who answers is known by an address on the networks of the load balancer's tenant; of one that stands in no "
        "tenant, on any network. A vm needs one address there, and of several the one that is meant is said itself.",
        wrong="network web subnet 10.0.1.0/24; router r networks web\n"
        "loadbalancer www address 10.0.1.100 tcp 80 to web01",
        right="zone a on kvm1 cluster region1\n"
        "network web subnet 10.0.1.0/24; router r networks web\n"
        "vm web01 on kvm1 port web\n"
        "loadbalancer www address 10.0.1.100 tcp 80 to web01",
    ),
    Explanation(
        "E577",
        "nobody answers for a load balancer's address",
        "Guests look for an address by ARP, or send to their gateway: both is for a router to answer, which has to "
        "join one of the networks from which the load balancer is asked.",
        before=_GROUPED,
        wrong="loadbalancer acme/www address 10.0.1.100 tcp 80 to web01",
        right="tenant acme { router r networks web; loadbalancer www address 10.0.1.100 tcp 80 to web01 }",
    ),
    Explanation(
        "E579",
        "`ovn-trace` cannot be asked",
        "Where packets go in the networks of a cluster, and what stops them, `ovn-trace` tells beside whichever server "
        "of the southbound database leads (Debian: package `ovn-common`). It needs a host with that server's socket, "
        "and a database that ovn-northd has followed: of what is not there yet it tells nothing. It sends and changes "
        "nothing. A cluster of the demo has none.",
    ),
    Explanation(
        "E586",
        "something would be left behind",
        "A network's subnet, a router's networks, a NIC's address or a vm change or go, and something stands on "
        "them: a NIC with an address of the old subnet, a hop by it, an `eip`, `forward` or load balancer that leads "
        "to the address, a group or a rule that names the vm. Say that anew in the same script, or delete it first.",
        before=_GROUPED,
        wrong="delete vm web01",
        right="group acme/webs members none\ndelete vm web01",
    ),
)
