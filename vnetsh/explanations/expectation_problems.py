"""What the codes of `expect` mean."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

EXPECTATION_PROBLEMS = (
    Explanation(
        "E232",
        "a way that leads from something to itself",
        "`expect ping` and the like name two ends. Who reaches itself says nothing of any network.",
        before="vm web1 on kvm1 port vswitch01",
        wrong="expect ping web1 -> web1",
        right="expect vm web1 on kvm1",
    ),
    Explanation(
        "E233",
        "an address that a port beside the source cannot have",
        "With `as 10.0.0.99/24` a port of its own beside the source's has that address for as long as the trial "
        "lasts: so real packets are sent, and not ARP alone. It must be IPv4, of the target's network and nobody's "
        "yet. A host is tried from itself, by addresses of its own.",
        before="vm web1 on kvm1 port vswitch01\nvm web2 on kvm2 port vswitch01",
        wrong="expect ping web1 -> web2 address 10.0.0.2 as 192.0.2.99/24",
        right="expect ping web1 -> web2 address 10.0.0.2 as 10.0.0.99/24",
    ),
    Explanation(
        "E512",
        "what nothing can be captured at",
        "Packets are seen at a network device of a host: a port's, that of a NIC whose vm runs, a bridge's own, an "
        "uplink. Tunnels and patch ports of Open vSwitch have none; a port that is sent copies of theirs (`mirrors`) "
        "does.",
    ),
    Explanation(
        "E475",
        "an expectation that is not so",
        "What `expect` names was looked at, or tried, as long as `within` allows, and it is otherwise. The script "
        "ended there: what it made before stands (`undo` takes it back), and what follows was not begun. With "
        "`--undo-on-failure` all of the run is taken back. The message says what was seen, from where and by what.",
    ),
    Explanation(
        "E535",
        "a change that its host cannot take back alone",
        "What stands in the block of `confirm` is taken back by each host itself where it is not confirmed in time, "
        "also when nobody can reach it any more. So only changes may stand in it of which a host can be left the "
        "whole way back: bridges, tunnels, ports. A vm, a disk, a move, an uplink with the host's own addresses "
        "(which has a guard of its own) are said before the block or after it. The message tells why it cannot be.",
        wrong="confirm within 60s { bridge vswitch02 on kvm1; vm web1 on kvm1 port vswitch02 }",
        right="confirm within 60s { bridge vswitch02 on kvm1 }\nvm web1 on kvm1 port vswitch02",
    ),
    Explanation(
        "E536",
        "a block that has to be confirmed in another one",
        "Each host has one timer while it waits to be confirmed, and one time at which it goes back. Blocks of "
        "`confirm` follow one another; in the block of `maintain` there may be one.",
        wrong="confirm { bridge br1 on kvm1; confirm { bridge br2 on kvm1 } }",
        right="confirm { bridge br1 on kvm1 }\nconfirm { bridge br2 on kvm1 }",
    ),
    Explanation(
        "E537",
        "a block in which there is nothing to confirm",
        "The block of `confirm` holds what is to be changed, and what is expected of that. Expectations alone need no "
        "block.",
        wrong="confirm within 60s { expect port p1 bridge br1 }",
        right="confirm within 60s { bridge br1 on kvm1 port p1 type internal; expect port p1 bridge br1 }",
    ),
    Explanation(
        "E538",
        "changes that were not confirmed",
        "What stood in the block of `confirm` was made, and then a host could not be reached over a new connection, "
        "nobody said yes, or the time was over. Every host has taken back what was made on it, or does so when its "
        "time is over; what came before the block stands. Was it only slow, give it more time: `confirm within 5m …`.",
    ),
    Explanation(
        "E539",
        "a time in which nothing can be confirmed",
        "A new connection to each host takes its time, and hosts that might go back at any moment are nothing to live "
        "with: 2 seconds at least, 1 hour at most.",
        wrong="confirm within 1s { bridge br1 on kvm1 }",
        right="confirm within 30s { bridge br1 on kvm1 }",
    ),
    Explanation(
        "E476",
        "an expectation of which nobody can tell",
        "Nothing is sent from a vm that does not run or has no NIC on a bridge; who has no known address cannot be "
        "asked; and a port beside a vm, which has no address of its own, sees by ARP alone. An answer would be a "
        "guess, so there is none. Start the vm, say the target's `address`, give the port an address by "
        "`as 10.0.0.99/24`, or run QEMU's guest agent in the source: then its own packets are tried.",
        before="vm web1 on kvm1 port vswitch01\nvm web2 on kvm2 port vswitch01\nstop web1",
        wrong="expect ping web1 -> web2",
        right="start web1\nexpect ping web1 -> web2",
    ),
    Explanation(
        "E502",
        "an address of which nobody knows whose it is",
        "`why` follows packets from link to link. Which links of the hosts have an address is seen there; of the "
        "addresses inside of guests the hosts know nothing. Name the vm, or its port, instead.",
        before="vm web1 on kvm1 port vswitch01\nvm web2 on kvm1 port vswitch01",
        wrong="why web1 -> 192.0.2.200",
        right="why web1 -> web2",
    ),
    Explanation(
        "E503",
        "a way on which packets stop",
        "`why` has followed a packet from hop to hop, by what the hosts hold and by what their switches say of such a "
        "packet, and it does not arrive. The answer names the thing at which it stops, why, and what mends it: a "
        "sentence or, where there is none, a command on that host. The script ended there, as with `expect`.",
    ),
    Explanation(
        "E550",
        "something does not work on the hosts",
        "`doctor` has looked at the hosts, what they hold and the ways between them, and found what does not work. "
        "Each finding names its thing, and the sentence or command that mends it. Warnings and notes are no reason to "
        "fail: with those alone the exit code is 0. The script ended there, as with `expect`.",
    ),
    Explanation(
        "E551",
        "a console that cannot be opened",
        "A vm's serial console is there while the vm runs, if it has a `<console>` that is a pty, as each has that "
        "vnetsh made. One has it at a time: `console web1 force` takes it from whoever has it. Start a vm that is off, "
        "or give one that has none a console by `virsh edit`.",
    ),
    Explanation(
        "E552",
        "no picture of a display",
        "A display is what a vm's video card shows, while the vm runs. One that was made with `graphics vnc` or "
        "`graphics spice` has a card; without one there is nothing to be seen, and the serial console is the way in "
        "(`console web1`). A host gives a PNG or a PPM; a PPM becomes a PNG where the file's name says so.",
    ),
    Explanation(
        "E477",
        "a move that would not pass its checks",
        "`migrate … check` looks at all that a move asks of both hosts, while they are locked, and moves nothing. Each "
        "check that failed has a code of its own, and its remedy. The move itself is refused by the same checks.",
    ),
    Explanation(
        "E479",
        "two that would not be kept together, or were not",
        "`keep a -> b` holds from its sentence to the end of the script. No plan may part the two by what is known of "
        "the networks, not for the time between two of its steps either; nor may one of them be stopped. While the "
        "script is made they are watched: when the target gave no answer for longer than `outage` allows (a second "
        "where nothing is said) the run has failed, and says how long that was. Make the new way before the old one "
        "goes.",
        before="bridge lan on kvm1, kvm2\ntunnel old kvm1<->kvm2 on lan key 1\nvm a on kvm1 port lan\n"
        "vm b on kvm2 port lan",
        wrong="keep a -> b\ndelete tunnel old",
        right="keep a -> b\nbridge other on kvm1, kvm2",
    ),
)
