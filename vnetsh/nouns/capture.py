"""The verb `capture`: the packets of a port, as they are. What it does is read when one is said."""

from __future__ import annotations

from vnetsh.nouns.which import ON
from vnetsh.schema import Answer, Attribute, Duration, Integer, Name, Text, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase

COUNT, WITHIN = 20, 10_000
"""Packets, and milliseconds, where nothing is said."""


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.capturing import answer

    return answer(action, asking, COUNT, WITHIN)


CAPTURE = Verb(
    "capture",
    help="Show the packets that come and go by a port, or write them to a pcap file.",
    subject=Name(what="a port, a bridge or a NIC of a host", refs=("port", "bridge"), or_nic=True, never=""),
    attributes=(
        ON,
        Attribute(
            "count",
            Integer(what="a number of packets", least=1, most=10_000_000),
            "After so many it ends.",
            otherwise=f"{COUNT}; no limit where they go to a file",
            clearable=False,
        ),
        Attribute(
            "within",
            Duration(),
            "After that time it ends, however few came.",
            default=WITHIN,
            clearable=False,
        ),
        Attribute(
            "to",
            Text(what="a file"),
            "A file here that is made, for tcpdump, Wireshark and the like.",
            otherwise="each is shown in a line",
            clearable=False,
        ),
    ),
    answer=_answer,
    example="capture web1_port1 count 5",
)
