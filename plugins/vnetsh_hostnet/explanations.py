"""What the codes of hosts' own addresses and services mean, E514 to E519."""

from __future__ import annotations

from vnetsh.explanations import Explanation

_LAN = "bridge lan0 on kvm1 backend linux address 192.168.1.1/24"

EXPLANATIONS = (
    Explanation(
        "E514",
        "a bridge of one of libvirt's networks",
        "libvirt makes the bridges of its networks (`virbr0` of the network `default`) itself, gives them addresses, "
        "and has a dnsmasq and NAT rules of its own for them, which it makes anew at each start. What vnetsh put there "
        "would fight with that. Change the network with `virsh net-edit`, or make a bridge of your own.",
    ),
    Explanation(
        "E515",
        "addresses that a host cannot lend",
        "dnsmasq lends addresses of networks alone in which the host itself has an address on that bridge; others it "
        "keeps without a word. It lends for 2 minutes at least. Give the bridge an address of that network "
        "with `address`, in the same script or before, or say another range.",
        before=_LAN,
        wrong="dhcp lan0 on kvm1 range 192.168.2.10-192.168.2.99",
        right="dhcp lan0 on kvm1 range 192.168.1.10-192.168.1.99",
    ),
    Explanation(
        "E516",
        "a route that leads nowhere, or is there already",
        "The router (`via`) is a machine in a network in which the host has an address itself: else it cannot send it "
        "anything. A route that others made to the same network is not touched, and no route is made that would "
        "carry the packets to where vnetsh is itself.",
        wrong=f"{_LAN}\nroute 10.9.0.0/16 on kvm1 via 192.168.2.2",
        right=f"{_LAN}\nroute 10.9.0.0/16 on kvm1 via 192.168.1.2",
    ),
    Explanation(
        "E517",
        "a second DHCP server on a network",
        "Two servers that lend addresses on one network lend the same ones twice. Something that vnetsh did not begin "
        "serves DHCP at this bridge of the host already: end it first, or leave it to that.",
    ),
    Explanation(
        "E518",
        "a host without dnsmasq or nft",
        "DHCP and DNS are done by dnsmasq, NAT by nftables, and the host does not have that program. Install "
        "the package that the message names.",
    ),
    Explanation(
        "E519",
        "what a service needs is not there, or would go",
        "A NAT is for the IPv4 networks in which the host has addresses on that bridge, and goes out by a NIC or a "
        "bridge that there is. The addresses of a bridge stay while a DHCP server, a NAT or a route needs them: "
        "delete these first, or say in the same script what is to become of them.",
        before="bridge lan0 on kvm1 backend linux",
        wrong="nat lan0 on kvm1",
        right="bridge lan0 on kvm1 address 192.168.1.1/24; nat lan0 on kvm1",
    ),
)
