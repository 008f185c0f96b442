"""What the codes of NICs mean that libvirt's hosts yield; read only when somebody asks."""

from __future__ import annotations

from vnetsh.explanations import Explanation

NIC_EXPLANATIONS = (
    Explanation(
        "E445",
        "a port name that libvirt keeps for itself",
        "libvirt gives such names (`vnet0` and the like) to interfaces itself, and forgets a name of that form that "
        "it was given. Choose one that does not begin so, or none: vnetsh then makes `VM_port1` of the vm's name.",
    ),
    Explanation(
        "E446",
        "a vm's VLAN on a Linux bridge",
        "libvirt puts the port of a vm on a VLAN of a Linux bridge only from version 11.0, and the host's is older. "
        "Leave `vlan` out, or take a bridge of Open vSwitch.",
    ),
    Explanation(
        "E449",
        "VLANs that would be lost",
        "The NIC of a vm has a `vlan`, a `trunk` or both, and one of these would take the place of what no sentence "
        "says: a trunk whose native VLAN is tagged, VLANs of its libvirt network, or others at its switch. Look at it "
        "with `virsh dumpxml`, and take it away with `virsh edit` first.",
    ),
    Explanation(
        "E450",
        "what others set on a NIC's link would be lost",
        "libvirt changes this of a NIC only by making its link anew, and then the link has none of what others set on "
        "it at the switch: QoS, policing, marks of other tools. Clear that at the switch, change the port, and set it "
        "anew.",
    ),
    Explanation(
        "E451",
        "a NIC that was on no bridge",
        "Somebody had taken the NIC's link out of its bridge at the switch, and a change put it back. To take that "
        "change back would be to have a NIC that leads nowhere, which libvirt does not make. Leave it, or delete the "
        "port.",
    ),
    Explanation(
        "E484",
        "a libvirt network that cannot be a NIC's",
        "A NIC of one of libvirt's networks is on that network's bridge: `port virbr0 network default`. The network "
        "has to be active on the vm's host (`virsh net-list`), and the bridge that is said has to be its own.",
    ),
    Explanation(
        "E461",
        "queues for a NIC that has none",
        "Only a virtio NIC shares its packets out among several queues. Make it one (`model virtio`), or say none.",
    ),
    Explanation(
        "E507",
        "a limit for a vm's NIC",
        "At an Open vSwitch bridge libvirt's limits are lost, without a word, when a vm starts again (seen with 9.0). "
        "Those that others gave a NIC (`virsh domiftune`) are kept when vnetsh moves or starts its vm. Limit the ports "
        "of bridges instead: docs/ports.md.",
    ),
    Explanation(
        "E509",
        "what no Open vSwitch bridge sees to",
        "Libvirt's network filters (`security`) and the isolation of a NIC are a Linux bridge's: what Open vSwitch "
        "forwards they do not see. Flows could do the same, but nothing on the host would write them again when "
        "ovs-vswitchd starts anew, and then everything passed. Put the NIC on a Linux bridge, on each host that its vm "
        "may move to.",
    ),
    Explanation(
        "E528",
        "a vm's NIC that would wrap what its guest sends",
        "Libvirt has no word for QinQ, and makes the port of a NIC anew each time that its vm starts or comes from "
        "another host: what somebody sets there is gone then (seen with 9.0), and the guest is in the VLAN as if it "
        "were any other's. Give the NIC a `vlan` or a `trunk`, and wrap at a port of the bridge, by which its network "
        "leaves.",
    ),
    Explanation(
        "E510",
        "a network filter that the host has not",
        "Port security (`security`) is libvirt's filters `no-mac-spoofing` and `clean-traffic`, which come with it as "
        "files (Debian: `libvirt-daemon-config-nwfilter`) and are defined once a host, with those that they name: "
        "`virsh nwfilter-list` shows them.",
    ),
)
