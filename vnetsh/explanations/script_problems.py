"""What the codes E2xx mean: problems of a script as a whole."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

SCRIPT_PROBLEMS = (
    Explanation(
        "E201",
        "one thing that is declared twice, differently",
        "The order of neighbouring declarations does not matter, so two that speak of the same thing must not "
        "contradict each other. Saying different things about it is fine, and so is saying the same twice; a host "
        "is declared once in a file.",
        wrong="vm web1 on kvm1 memory 512M\nvm web1 memory 1G",
        right="vm web1 on kvm1 memory 1G\nvm web1 vcpus 2",
    ),
    Explanation(
        "E203",
        "a name that is given to two things",
        "Bridges, tunnels, ports and uplinks are all network interfaces of their host, and two interfaces of a host "
        "cannot have the same name, nor can one be in two bridges. That goes also for a bridge that is only implied: "
        "the one that a tunnel joins. The port of a vm needs a name that no other host uses either, so that the vm can "
        "move there. Choose another name; ports of vms that are given none get one that is free.",
        wrong="vm web1 on kvm1 port vswitch01 name web_port\nvm web2 on kvm2 port vswitch01 name web_port",
        right="vm web1 on kvm1 port vswitch01 name web1_port\nvm web2 on kvm2 port vswitch01 name web2_port",
    ),
    Explanation(
        "E204",
        "a tunnel that could join several bridges",
        "A tunnel joins a bridge at both of its ends. It need not be said which where only one comes into question, "
        "and here there are several (bridges with an uplink do not count). Say it with `on`.",
        wrong="bridge vswitch02 on kvm1, kvm2\nbridge vswitch03 on kvm1, kvm2\ntunnel gre12 kvm1<->kvm2",
        right="bridge vswitch02 on kvm1, kvm2\nbridge vswitch03 on kvm1, kvm2\n"
        "tunnel gre12 kvm1<->kvm2 on vswitch02",
    ),
    Explanation(
        "E205",
        "a tunnel without a bridge to join",
        "A tunnel joins a bridge at both of its ends. None is named, and neither the script nor the two hosts have "
        "one that comes into question: a bridge with an uplink carries the hosts' own traffic and is only taken "
        "where it is named. Say it with `on`; a bridge that is not there yet is made.",
        wrong="tunnel gre12 kvm1<->kvm2",
        right="tunnel gre12 kvm1<->kvm2 on vswitch02",
    ),
    Explanation(
        "E206",
        "a tunnel from a host to itself",
        "A tunnel joins two different hosts, and here both ends name the same one. Likewise a mesh has two hosts at "
        "least, and each of them once.",
        wrong="tunnel gre12 kvm1<->kvm1 on vswitch02",
        right="tunnel gre12 kvm1<->kvm2 on vswitch02",
    ),
    Explanation(
        "E207",
        "something that cannot be changed once it exists",
        "What you name exists already, with another value of a key that is settled when a thing is made: the "
        "backend of a bridge, the disk of a vm. Leave the key out to keep the thing as it is, or delete it first "
        "and have it made anew.",
        before="bridge vswitch02 on kvm1 backend linux",
        wrong="bridge vswitch02 on kvm1 backend ovs",
        right="delete bridge vswitch02 on kvm1\nbridge vswitch02 on kvm1 backend ovs",
    ),
    Explanation(
        "E208",
        "a host that must not be changed like this",
        "The `host` sentence of this host says `readonly` (nothing may be changed there) or `protected` (nothing "
        "may be deleted there), and the script would do that. Leave the host out of the script, or take the word "
        "out of its sentence if the change is meant.",
        wrong="host kvm1 readonly\nbridge vswitch02 on kvm1, kvm2",
        right="host kvm1 readonly\nbridge vswitch02 on kvm2",
    ),
    Explanation(
        "E209",
        "two tunnels that cannot be told apart",
        "Two tunnels between the same two hosts, of one type and with the same key or none: a packet that arrives "
        "could belong to either. Give each a `key` of its own.",
        wrong="tunnel gre1 kvm1<->kvm2 on vswitch02\ntunnel gre2 kvm1<->kvm2 on vswitch03",
        right="tunnel gre1 kvm1<->kvm2 on vswitch02 key 1\ntunnel gre2 kvm1<->kvm2 on vswitch03 key 2",
    ),
    Explanation(
        "E210",
        "an address that is given to two things",
        "No two hosts can have the same IP address, and no two NICs of vms the same MAC address. Give each one of "
        "its own; a NIC for which the script says no `mac` gets one by itself. Vms that others made may have "
        "one MAC address, as a copy of a vm does: no two of them can run in one network, so the second is not started, "
        "nor moved there.",
        wrong="host kvm4 address 192.0.2.4\nhost kvm5 address 192.0.2.4",
        right="host kvm4 address 192.0.2.4\nhost kvm5 address 192.0.2.5",
    ),
    Explanation(
        "E211",
        "tunnels that make a loop",
        "There are two ways from one bridge to another: over the script's tunnels, or over what the hosts have already "
        "(tunnels, patch ports, uplinks into one network, also by way of a third host). Bridges send a "
        "broadcast on by all of their ports, so it would come back and go round for ever. Leave one of the tunnels "
        "out: a chain or a star reaches every host; or put it on a bridge of its own.",
        wrong="tunnel gre12 kvm1<->kvm2 on vswitch02\ntunnel gre23 kvm2<->kvm3 on vswitch02\n"
        "tunnel gre13 kvm1<->kvm3 on vswitch02",
        right="tunnel gre12 kvm1<->kvm2 on vswitch02\ntunnel gre23 kvm2<->kvm3 on vswitch02",
    ),
    Explanation(
        "E234",
        "a mesh whose hub is none of its hosts",
        "With `hub` all tunnels of a mesh lead to one of its hosts, through which the others reach one another. It is "
        "named among the hosts, too.",
        wrong="mesh overlay kvm1, kvm2 on vswitch02 hub kvm3",
        right="mesh overlay kvm1, kvm2, kvm3 on vswitch02 hub kvm3",
    ),
    Explanation(
        "E213",
        "an MTU that does not fit",
        "A tunnel puts headers around each packet: GRE takes 38 bytes of the MTU between the hosts (42 with a key), "
        "VXLAN 50, Geneve 58, and 20 more over IPv6. The bridges at its ends can have the rest, both the same, a "
        "bridge no more than its uplink, and a vm's NIC no more than its bridge; one that carries IPv6 addresses needs "
        "1280. The MTU between the hosts is "
        "what their `host` sentences say or, else, what the links with their addresses have.",
        wrong="bridge vswitch02 on kvm1, kvm2 mtu 1500\ntunnel gre12 kvm1<->kvm2 on vswitch02",
        right="bridge vswitch02 on kvm1, kvm2 mtu 1462\ntunnel gre12 kvm1<->kvm2 on vswitch02",
    ),
    Explanation(
        "E214",
        "two things whose subnets overlap",
        "Two things of the script have subnets with addresses in common. Whose such an address is would be open, and "
        "what is sent there would reach one of them at most. Give one of them another subnet. The nouns that have "
        "subnets come from plugins, and a plugin may allow the overlap where its networks never meet.",
    ),
    Explanation(
        "E215",
        "something that the script itself has deleted",
        "The sentences of a script are carried out in their order, and an earlier one deletes what this one needs: "
        "the vm that it names, or the bridge that a port of the vm is on. Whatever the hosts hold now, it cannot "
        "succeed. Leave the deletion out, put it after this sentence, or have the thing made anew in between.",
        wrong="vm web1 on kvm1 port vswitch02\ndelete bridge vswitch02 on kvm2\nmigrate web1 to kvm2",
        right="bridge vswitch02 on kvm1, kvm2\nvm web1 on kvm1 port vswitch02\nmigrate web1 to kvm2\n"
        "delete bridge vswitch02 on kvm1",
    ),
    Explanation(
        "E216",
        "an address at which no other host can be reached",
        "The `address` of a host is where ssh goes and where tunnels end. The unspecified address (0.0.0.0, ::), "
        "the broadcast address and the multicast ones are no host's. At a loopback address (127.0.0.1, ::1) every "
        "host reaches itself: a host may have it, but no tunnel from another one can end there. Say the address "
        "that the host has on the network of the hosts.",
        wrong="host kvm4 address 127.0.0.1\ntunnel gre14 kvm1<->kvm4 on vswitch02",
        right="host kvm4 address 192.0.2.4\ntunnel gre14 kvm1<->kvm4 on vswitch02",
    ),
    Explanation(
        "E217",
        "a tunnel between an IPv4 and an IPv6 address",
        "Each end of a tunnel sends to the other host's `address`, and takes packets that come from there. Where one "
        "is IPv4 and the other IPv6, what a host sends comes from another address than the one that the other end "
        "expects, and is dropped. Give both hosts an address of the same family; one for tunnels alone is "
        "`tunnel-address`.",
        wrong="host kvm4 address 2001:db8::4\ntunnel gre14 kvm1<->kvm4 on vswitch02",
        right="host kvm4 address 192.0.2.4\ntunnel gre14 kvm1<->kvm4 on vswitch02",
    ),
    Explanation(
        "E218",
        "something that would have two keys that exclude each other",
        "The thing has one of them already, on its host or by another sentence of the script, and cannot have both. "
        "Take the one away that you do not mean: say it with `none`.",
        before="vm web1 on kvm1 disk system file cirros.qcow2",
        wrong="vm web1 disk system from cirros.qcow2",
        right="vm web1 disk system file cirros.qcow2",
    ),
    Explanation(
        "E219",
        "a name that could be either of two things",
        "Things of several kinds fit at this place, and there is one of that name in more than one kind. Say the kind "
        "with the name: `network:web` is the network, `bridge:web` the bridge.",
    ),
    Explanation(
        "E220",
        "a place that is not known, or not clear",
        "What the sentence is about lives at a place: at a host, or at one that the hosts file declares, such as a "
        "cluster. The place that was named is not in the inventory; or none was named, and there is none or more than "
        "one that it could be. Name it, or declare it in the hosts file.",
    ),
    Explanation(
        "E222",
        "an uplink that the host has not",
        "The host has no network device of that name. The message names the NICs that no bridge has yet.",
        wrong="bridge lan on kvm1 uplink eth9",
        right="bridge lan on kvm1 uplink eth1",
    ),
    Explanation(
        "E223",
        "a bridge or port that carries addresses of its host",
        "The host itself is at an IP address of the bridge's own device, or of the internal port, and would lose it. "
        "Move the address to another link first, from the host's console. With the uplink of an Open vSwitch bridge "
        "its addresses move by themselves.",
    ),
    Explanation(
        "E224",
        "a host that would be cut off",
        "The host's underlay address, which its `host` sentence says and by which it is reached, is on this bridge or "
        "one of its ports, and after the change nothing outside of the host would reach it: the uplink would go, or be "
        "in another VLAN. Nobody could take that back from here. Move the address first, from the host's console; "
        "that of an Open vSwitch bridge itself moves with the uplink.",
    ),
    Explanation(
        "E225",
        "a host's address that another host has",
        "A tunnel goes to the address that its far host's sentence says, and there another host would take its "
        "packets: that one has the address on a link of its own. Correct the `host` sentence.",
    ),
    Explanation(
        "E492",
        "an address for tunnels that the host does not have",
        "`host kvm1 tunnel-address ADDRESS` says at which of its addresses a host's tunnels end, and from which they "
        "send. The host was looked at, and none of its links has that address. Give it that one, or correct the hosts "
        "file.",
    ),
    Explanation(
        "E494",
        "something of a tunnel that changes nothing over IPv6",
        "Over IPv6 only the sender of a packet may cut it into fragments: `df no`, which lets routers do so, says "
        "nothing there. Nor does `csum no` of VXLAN and Geneve where Open vSwitch runs in userspace: over IPv6 it "
        "always sends UDP with checksums.",
        wrong="host kvm3 address 2001:db8::3\nhost kvm4 address 2001:db8::4\n"
        "tunnel gre34 kvm3<->kvm4 on vswitch02 df no",
        right="host kvm3 address 2001:db8::3\nhost kvm4 address 2001:db8::4\n"
        "tunnel gre34 kvm3<->kvm4 on vswitch02 csum yes",
    ),
    Explanation(
        "E495",
        "a tunnel that would not be encrypted",
        "Open vSwitch has tunnels encrypted (IPsec) by a daemon of its own beside strongSwan, in Debian the package "
        "`openvswitch-ipsec`, and by the kernel: not where it runs in userspace, not GRE over IPv6, and not without "
        "a certificate of the host and of who signed it. What it cannot do it writes to its log, and the tunnel "
        "works, in the clear; so each of the hosts is asked before. What one lacks, and how it gets it, is told.",
        wrong="host kvm3 address 2001:db8::3\nhost kvm4 address 2001:db8::4\n"
        "tunnel gre34 kvm3<->kvm4 on vswitch02 encrypted yes",
        right="host kvm3 address 2001:db8::3\nhost kvm4 address 2001:db8::4\n"
        "tunnel gre34 kvm3<->kvm4 on vswitch02 type geneve encrypted yes",
    ),
    Explanation(
        "E226",
        "a run that changed what is gone",
        "What the run changed or moved was removed since by others, so it cannot be made as it was before; a vm that "
        "was only moved is found. Of one that was renamed since nothing is taken back under its old name: "
        "take back the renaming first. Take another run back: `vnetsh undo N`, as `vnetsh history` "
        "numbers them.",
    ),
    Explanation(
        "E227",
        "a run whose change was changed since",
        "What the run had set was given another value since, by others or by a later run, and an undo overwrites "
        "neither. Take back the later run first (`vnetsh history`), or say by a sentence what it shall be.",
    ),
    Explanation(
        "E228",
        "a run that made what others built on since",
        "Taking the run back would remove a bridge or a vm that has more by now than it was made with: ports, tunnels, "
        "NICs, which others or a later run made. An undo removes only what its run made. Take back the later run "
        "first (`vnetsh history`), or remove the thing with all that it has by a `delete` sentence.",
    ),
    Explanation(
        "E546",
        "a rollback over a run that cannot be taken back",
        "`rollback to run 12` takes back all runs after run 12 as one, or none of them. One of them cannot be: it was "
        "cut off (`vnetsh recover` first), is still under way, or what it did was changed or removed since, as with "
        "`undo` of it alone. The message names the run. Roll back to that run or a later one, or set right what is in "
        "the way.",
    ),
    Explanation(
        "E237",
        "a name that another vm has",
        "A vm has a name of its own over all hosts, and `rename` and `clone` give none that another one has. Choose "
        "another. A vm that was cloned keeps from which one: where that is the one said, nothing is left to do.",
        wrong="vm web1 on kvm1\nvm web2 on kvm1\nstop web1\nrename web1 to web2",
        right="vm web1 on kvm1\nvm web2 on kvm1\nstop web1\nrename web1 to web3",
    ),
    Explanation(
        "E238",
        "a vm whose disks nobody knows yet",
        "`clone` copies the files of a vm's disks, and where they lie is known when they are made. A script that makes "
        "the vm cannot clone it, too: put that into a second one.",
        wrong="vm web1 on kvm1 disk cirros.qcow2\nstop web1\nclone web1 as web2",
        right="vm web1 on kvm1 disk cirros.qcow2\nvm web2 on kvm1 disk cirros.qcow2",
    ),
    Explanation(
        "E229",
        "a vm that cannot be where it is to be",
        "`apart` and `together` contradict one another: a vm is to be apart from itself, or from a vm that it is to be "
        "together with; to say it of one of the two is enough. Leave one of both out.",
        wrong="vm web1 on kvm1 apart web2\nvm web2 on any together web1",
        right="vm web1 on kvm1 apart web2\nvm web2 on any",
    ),
    Explanation(
        "E513",
        "an address that cannot be this host's there",
        "An address is one host's, and of a network a host knows by one device alone where it is: so no sentence gives "
        "the same address to several hosts, nor one in a network of which the host has an address elsewhere, or by "
        "others on the same device. Of a bridge's ports only internal ones are devices by which the host itself is "
        "reached. Say addresses of each host by itself, each of a network of its own.",
        wrong="bridge lan0 on kvm1, kvm2 address 192.168.1.1/24",
        right="bridge lan0 on kvm1 address 192.168.1.1/24\nbridge lan0 on kvm2 address 192.168.1.2/24",
    ),
)
