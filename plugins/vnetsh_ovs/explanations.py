"""What the codes of Open vSwitch's backend mean: E401 to E419, E493, E508, E521 to E524, E526, E529 to E531, E534."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E401",
        "a bridge that vms still use",
        "The bridge cannot be deleted while vms have ports on it: they would lose their network. Delete these vms, "
        "migrate them, or put their ports on another bridge first.",
        before="vm web1 on kvm1 port vswitch01",
        wrong="delete bridge vswitch01 on kvm1",
        right="migrate web1 to kvm2\ndelete bridge vswitch01 on kvm1",
    ),
    Explanation(
        "E402",
        "a NIC that belongs to another bridge",
        "A NIC is the uplink, or a port, of one bridge at most, and this one has its bridge already. Choose another "
        "NIC, or take it out there first: `bridge THAT on HOST uplink none`; where it is another port of that bridge, "
        "`delete port NIC on HOST`.",
        wrong="bridge vswitch02 on kvm1 uplink eth0",
        right="bridge vswitch02 on kvm1 uplink eth1",
    ),
    Explanation(
        "E403",
        "a NIC that carries addresses of the host",
        "A NIC that becomes an ordinary port of a bridge no longer answers on its IP addresses, and you may be "
        "connected through one of them. Say it as the bridge's `uplink`: then its addresses and routes move to the "
        "bridge, and the host takes the change back by itself when it cannot be reached afterwards: "
        "`bridge THAT on HOST uplink NIC`.",
    ),
    Explanation(
        "E530",
        "addresses that would come to a bridge by two ways",
        "A NIC that becomes a bridge's uplink, or one of a bond's, brings the host's addresses along, and they go back "
        "to it. Only one NIC of a bridge does: take the addresses of the other one away first, and say them of the "
        "bridge, `bridge THAT on HOST address …`, or leave that NIC out.",
    ),
    Explanation(
        "E534",
        "a NIC with addresses that NetworkManager has",
        "A NIC that becomes a port of a bridge is to be left alone by what gives it its addresses. NetworkManager "
        "takes a NIC down that it is told to leave alone, some time after it was told (seen with 1.42), and a host "
        "that is reached by it would be off. Have another system configure that NIC first, ifupdown or "
        "systemd-networkd, at the host's console.",
    ),
    Explanation(
        "E531",
        "a bond that leaves with the host's addresses",
        "By this bond the host's addresses came to its bridge, and it is to be a port of another one: they would stay "
        "behind. Delete it first (`delete port THAT on HOST`): then they go back to its NIC, and go along when you say "
        "the bond anew.",
    ),
    Explanation(
        "E404",
        "a tunnel key that is too large",
        "VXLAN and Geneve have 24 bits for the number of the network: at most 16777215. Only GRE takes more.",
        wrong="tunnel vx12 kvm1<->kvm2 on vswitch02 type vxlan key 20000000",
        right="tunnel vx12 kvm1<->kvm2 on vswitch02 type vxlan key 42",
    ),
    Explanation(
        "E405",
        "a name that something on the host has already",
        "Bridges, tunnels and ports of a host share their names, since each is a network interface there, and this "
        "name is taken. Choose another one, or delete what has it. A network device that Open vSwitch did not make "
        "counts too, when a bridge or an internal port is to be called like it: the switch would take it over, where "
        "a port without `type internal` is the device as it is.",
        wrong="tunnel vswitch01 kvm1<->kvm2 on vswitch02",
        right="tunnel gre12 kvm1<->kvm2 on vswitch02",
    ),
    Explanation(
        "E406",
        "a bridge for which the kernel has no datapath",
        "Open vSwitch forwards packets in the kernel, by a module that this host's kernel has not, or in userspace. "
        "Say `datapath netdev` in the host's sentence, and its new bridges run in userspace; or load the module "
        "(`modprobe openvswitch`) and restart ovs-vswitchd, which looks for it when it starts.",
    ),
    Explanation(
        "E407",
        "a bridge that is a VLAN of another one",
        "Open vSwitch calls it a fake bridge (`ovs-vsctl add-br NAME PARENT VLAN`): the ports of one VLAN of its "
        "parent, under a name of their own. VMs can be on it, and it can be deleted; whatever else is to be said is "
        "said of its parent: an uplink, an MTU, a tunnel, a port on that VLAN.",
    ),
    Explanation(
        "E408",
        "a port whose VLAN mode others set",
        "Ports have a mode for their VLANs (`vlan_mode`), and others may have set one that no sentence says: a native "
        "VLAN that goes tagged, a tunnel (QinQ) without a VLAN, or a trunk of all. Beside it a VLAN, a trunk or `qinq` "
        "would not mean what it says. Clear it first.",
    ),
    Explanation(
        "E508",
        "a limit that nothing would see to",
        "Open vSwitch has the kernel limit what is sent by a network device (QoS of the type `linux-htb`), which is "
        "honoured in both datapaths and kept in its database. By a `system` port's device that is what comes to "
        "whoever is there (`inbound`); by an `internal` port's it is what its host sends (`outbound`); a patch port "
        "has no device, and a bond several, each of which would be limited by itself. Policing what comes from a "
        "device does nothing in userspace: it is not offered. So does `delay` and `loss`, of the same ports (QoS of "
        "the type `linux-netem`): in place of a limit, as a port has one kind of QoS, and in whole percents.",
    ),
    Explanation(
        "E526",
        "a delay or loss that the host's kernel does not know",
        "Open vSwitch has the kernel delay and lose packets by its `netem`, a module that not each kernel has. The "
        "host was asked, and has none.",
    ),
    Explanation(
        "E529",
        "some of a customer's VLANs at a port with QinQ",
        "Open vSwitch has a list for that (`cvlans`), and keeps to it when frames come in. Of what comes wrapped from "
        "another host it looks at the outer tag, and lets all that follows go the way of the first frame: other VLANs "
        "pass as well, or those of the list do not (seen with 3.1). Say `qinq all`. A list that others made is told, "
        "and stays.",
    ),
    Explanation(
        "E493",
        "a tunnel that would end at no bridge's address",
        "Where Open vSwitch runs in userspace it sends tunnels by its own bridges alone, and takes them at addresses "
        "of these and of their internal ports; in the kernel's datapath any address will do. The host's address is on "
        "another link, and nothing would come through. Have a bridge carry it: a NIC's addresses move to the bridge "
        "whose uplink it becomes. Or say one that a bridge carries, in the hosts file: "
        "`host kvm1 tunnel-address ADDRESS`.",
    ),
    Explanation(
        "E521",
        "a flow that its switch would not take, or not as it is said",
        "The match and the actions of a flow are text in the words of ovs-ofctl, which the host's own ovs-ofctl "
        "looks at before anything is touched: it does not know a word, or it would leave a field out. `tp_dst=23` "
        "alone looks at nothing and takes all packets: the protocol must be said, too, as in `tcp,tp_dst=23`. `man "
        "ovs-fields` and `man ovs-actions` tell what there is.",
    ),
    Explanation(
        "E522",
        "a flow in whose place another one is",
        "A table holds one flow for each priority and match: a second one replaces the first, whosever that is. Give "
        "the new one another `priority`; or remove the other one first, `delete flow NAME on HOST` where it is "
        "vnetsh's, and `ovs-ofctl --strict del-flows BRIDGE 'table=…,priority=…,MATCH'` on the host where it is not.",
    ),
    Explanation(
        "E523",
        "a bridge that cannot be told flows",
        "Flows are written by ovs-ofctl on the host itself, as one bundle, all or none. That takes a vswitchd that "
        "runs there, beside the database that vnetsh reaches by its usual socket; a bridge of its own, and not a "
        "VLAN of another one; and OpenFlow 1.3 or later among the bridge's `protocols` (none means all).",
    ),
    Explanation(
        "E524",
        "a flow that names a port which its bridge has not",
        "A flow may name ports in its match (`in_port=NAME`) and its actions (`output:NAME`). They must be on its "
        "bridge, or come there in the same script: the device's name counts, of a vm's NIC too.",
    ),
)
