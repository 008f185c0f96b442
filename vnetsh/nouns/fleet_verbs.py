"""The verbs that move many vms: `drain`, `undrain`, `maintain`, `balance`. What they mean is read when one is said."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Change
from vnetsh.nouns.templating import WITH_TEMPLATES
from vnetsh.schema import HOSTS, Attribute, Block, Effect, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase
from vnetsh.schema.value_numbers import Percent

LIMIT = 80_00
"""Of a host's memory, in hundredths of a percent: what is left is for the host itself."""


def _drain(action: Phrase, settler: Settling) -> Sequence[Change]:
    from vnetsh.nouns.draining import drain

    return drain(action, settler)


def _undrain(action: Phrase, settler: Settling) -> Sequence[Change]:
    from vnetsh.nouns.draining import undrain

    return undrain(action, settler)


def _balance(action: Phrase, settler: Settling) -> Sequence[Change]:
    from vnetsh.nouns.draining import balanced

    said = action.value("limit")
    return balanced(action, settler, (said if isinstance(said, int) else LIMIT) / 100_00)


TO = Attribute(
    "to", HOSTS, "The hosts where they go.", otherwise="all others that are not drained", clearable=False
)

FLEET_VERBS = (
    Verb(
        "balance",
        help="Move as few vms as can be, so that no host has more of its memory in use than the limit.",
        operands=(Attribute("hosts", HOSTS, "Between these hosts.", otherwise="all that are not drained"),),
        attributes=(
            Attribute(
                "limit",
                Percent(what="a part of the memory"),
                "How much of each host's memory may be in use.",
                default=LIMIT,
                clearable=False,
            ),
        ),
        plan=_balance,
        effect=Effect(others=True, moves=True),
        example="balance kvm1, kvm2, kvm3 limit 70%",
    ),
    Verb(
        "drain",
        help="Move every vm of a host away, running ones live; `undrain` brings them back.",
        subject=HOSTS,
        attributes=(TO, WITH_TEMPLATES),
        plan=_drain,
        effect=Effect(others=True, moves=True),
        example="drain kvm1 to kvm2, kvm3",
    ),
    Verb(
        "maintain",
        help="Drain a host, do what stands in the block, and bring its vms back.",
        subject=HOSTS,
        attributes=(TO, WITH_TEMPLATES),
        block=Block.SENTENCES,
        plan=_drain,
        after=_undrain,
        effect=Effect(moves=True),
        example="maintain kvm1 { bridge vswitch03 on kvm1 }",
    ),
    Verb(
        "undrain",
        help="Move every vm back that was drained from a host, but those that somebody moved since.",
        subject=HOSTS,
        plan=_undrain,
        effect=Effect(moves=True),
        example="undrain kvm1",
    ),
)
