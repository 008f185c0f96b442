"""What the codes of problems mean that only the fleet tells: E3xx, what is not there, or not in the state for it."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

FLEET_PROBLEMS = (
    Explanation(
        "E301",
        "a vm that is on no host",
        "The sentence is about a vm that no host has. Its name may be misspelt (`vnetsh show vms` lists all vms); "
        "or it is yet to be made, and then a `vm` sentence must say on which host.",
        wrong="migrate web1 to kvm2",
        right="vm web1 on kvm1 port vswitch01\nmigrate web1 to kvm2",
    ),
    Explanation(
        "E309",
        "a patch port that leads nowhere",
        "Two bridges of a host are joined by two patch ports, one on each, each with the other one as its `peer`. One "
        "alone is in error, and joins nothing. Only a port of `type patch` has a peer.",
        wrong="bridge br1 on kvm1 port to2 type patch peer to1",
        right="bridge br1 on kvm1 port to2 type patch peer to1\nbridge br2 on kvm1 port to1 type patch peer to2",
    ),
    Explanation(
        "E310",
        "a VLAN that a port would carry untagged and tagged",
        "A port with a `vlan` and a `trunk` carries the one untagged (the trunk's native VLAN), and those of its "
        "trunk tagged. A VLAN is one or the other.",
        wrong="bridge br1 on kvm1 port p1 type internal vlan 10 trunk 10, 20",
        right="bridge br1 on kvm1 port p1 type internal vlan 10 trunk 20",
    ),
    Explanation(
        "E311",
        "a mirror that would not be, or not last",
        "`mirrors` sends a port a copy of what other ports of its bridge carry, both ways, and nothing else. They "
        "have to be on the same bridge. A vm's NIC is not taken: Open vSwitch forgets its port, and that it is "
        "mirrored, each time that the vm stops; `mirrors all` copies what the whole bridge carries. A mirror that "
        "others made, and of which no sentence says all (one direction, VLANs, several to one port), is not written "
        "over.",
        wrong="bridge br1 on kvm1 port p1 type internal mirrors p2",
        right="bridge br1 on kvm1 { port p2 type internal; port p1 type internal mirrors p2 }",
    ),
    Explanation(
        "E312",
        "a bond that is none",
        "A port of `type bond` is two or more NICs of the host, `nics eth1, eth2`, and may say its `mode` and "
        "whether it does LACP; no other port says these. `balance-tcp` needs LACP: without it Open vSwitch would "
        "fall back, or send nothing.",
        wrong="bridge br1 on kvm1 port bond0 type bond nics eth1",
        right="bridge br1 on kvm1 port bond0 type bond nics eth1, eth2",
    ),
    Explanation(
        "E313",
        "QinQ that would wrap nothing, or not stay wrapped",
        "A port with `qinq` gives all that it takes a tag more, of its `vlan`: so it needs one, and is no `trunk`. "
        "What is wrapped comes out as it was where it leaves by a trunk of which that VLAN is the native one, and is "
        "then in whatever VLAN its sender chose: no trunk of the same bridge may have it as its `vlan`.",
        wrong="bridge br1 on kvm1 port p1 type internal qinq all",
        right="bridge br1 on kvm1 port p1 type internal vlan 100 qinq all",
    ),
    Explanation(
        "E314",
        "a patch port whose other end goes",
        "Two patch ports lead to each other. Where one of them is to lead elsewhere, or is no patch port any more, the "
        "other one would be in error: say of both what they are to be. With `--prune` a script that says one of them "
        "says both.",
        before="bridge br1 on kvm1 port to2 type patch peer to1\nbridge br2 on kvm1 port to1 type patch peer to2",
        wrong="bridge br1 on kvm1 port to2 peer to3\nbridge br3 on kvm1 port to3 type patch peer to2",
        right="delete port to1 on kvm1\nbridge br1 on kvm1 port to2 type patch peer to3\n"
        "bridge br3 on kvm1 port to3 type patch peer to2",
    ),
    Explanation(
        "E302",
        "a vm's port on a bridge that its host does not have",
        "A port of a vm is on a bridge of the host where the vm is, and that host has no bridge of this name. "
        "Correct the name, or declare the bridge in the same script: it is made before the vm.",
        wrong="vm web1 on kvm1 port vswitch03",
        right="bridge vswitch03 on kvm1\nvm web1 on kvm1 port vswitch03",
    ),
    Explanation(
        "E303",
        "a host that lacks the service for this",
        "The host answers, but what would make this thing is not installed or does not run there: Open vSwitch for "
        "a bridge or a tunnel, libvirt for a vm. The message names it. Install or start it on that host, or, for a "
        "bridge whose tunnels are of vxlan only, say `backend linux`.",
    ),
    Explanation(
        "E498",
        "tunnels of vxlan by two switches of a host",
        "Packets of VXLAN all come to UDP port 4789 of a host, and either Open vSwitch takes them there or the kernel "
        "does, for its Linux bridges: the tunnels of the other one would be dead, and nothing would say so. Have all "
        "tunnels of vxlan of a host on bridges of one backend; `geneve` and `gre` of Open vSwitch are not concerned.",
    ),
    Explanation(
        "E304",
        "a name that nothing has",
        "Things of several kinds fit at this place, and neither the script nor any host has one of that name in any "
        "of them. Correct the name, or declare the thing in the same script.",
    ),
    Explanation(
        "E305",
        "something that the backend cannot do",
        "The thing is, or would be, made by a backend that cannot give it this: a Linux bridge whose ports have "
        "VLANs, for example. The message names the backends that can. Leave it out, or have the thing made by one of "
        "them: `backend ovs` in the sentence of a new bridge.",
    ),
    Explanation(
        "E306",
        "a vm that no host can take",
        "A vm is to go to another host, and the message says of each host that could take it what speaks against "
        "that: a bridge, an image or memory that is missing there, vms that it would not reach from there any more. "
        "Mend one of these, stop the vm or move it yourself; or leave its host as it is.",
        before="bridge vswitch02 on kvm1\nvm web1 on kvm1 port vswitch02",
        wrong="drain kvm1",
        right="bridge vswitch02 on kvm2\ndrain kvm1",
    ),
    Explanation(
        "E307",
        "hosts that cannot be balanced",
        "`balance` found no moves after which every host has no more than the limit of its memory in use: the hosts "
        "together have too little, the vms are too large, or what they need is not on the other hosts. The message "
        "says how much of its memory each host over the limit has in use. Allow more by `limit`, or stop or move "
        "some.",
        before="vm big on kvm1 memory 15G",
        wrong="balance",
        right="balance limit 95%",
    ),
    Explanation(
        "E308",
        "a vm in a state from which that cannot be",
        "Only a vm that runs can be suspended, saved or rebooted, and only one that is suspended, saved or asleep can "
        "be resumed. `vnetsh show vms` shows the states. The help says how it comes to run; a script that begins with "
        "that is right whatever state it finds: `start`, as most verbs, changes nothing where all is as it should be.",
        wrong="vm web1 on kvm1 port vswitch01\nstop web1\nreboot web1",
        right="vm web1 on kvm1 port vswitch01\nstart web1\nreboot web1",
    ),
    Explanation(
        "E525",
        "a link that cannot be taken down",
        "`link A<->B down` is about the tunnels between two hosts, and there is none, or none on that bridge. It is "
        "taken down by ovs-ofctl on the hosts themselves, so they must be reached by a shell, with the vswitchd that "
        "follows their database. Of a Linux bridge's mesh a host has one device for all tunnels.",
        wrong="link kvm1<->kvm2 down",
        right="tunnel gre12 kvm1<->kvm2 on vswitch02\nlink kvm1<->kvm2 down",
    ),
    Explanation(
        "E527",
        "a MAC address that cannot be behind a port",
        "A bridge's forwarding table has one place for each MAC address: it is `static` at one port of a bridge, and "
        "not that of a link of the host's own, which would be cut off.",
        before="bridge br0 on kvm1 backend linux port eth1 static 52:54:00:00:00:01",
        wrong="bridge br0 on kvm1 port eth2 static 52:54:00:00:00:01",
        right="bridge br0 on kvm1 { port eth1 static none; port eth2 static 52:54:00:00:00:01 }",
    ),
    Explanation(
        "E549",
        "an address for a NIC on a bridge",
        "A bridge gives its guests no addresses: what `address` says of a NIC is for networks of many hosts, such as a "
        "tenant's. At a bridge a guest has the address that it gives itself, or gets by a bridge's own `dhcp`.",
        wrong="""\
vm web1 on kvm1 port vswitch01 address 192.0.2.80
""",
        right="""\
vm web1 on kvm1 port vswitch01
""",
    ),
)
