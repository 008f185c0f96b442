"""What speaks against a port's limit, delay or loss: it would do nothing, and nobody would be told. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Change, Resource
from vnetsh_ovs.fields import IMPAIRED, LIMITS
from vnetsh_ovs.tunnels import Problem


def problem_of_limit(change: Change, wanted: Resource) -> Problem | None:
    """Limits that nothing would see to, or not in each datapath and for as long as the database says."""
    if change.undo or not change.differing().keys() & {*LIMITS, "type"}:
        return None  # it is as others have it
    kind = wanted.text("type") or "system"
    able = {"internal": "outbound", "patch": "", "bond": ""}.get(kind, "inbound")
    said = [name for name in LIMITS if wanted.get(name) is not None]
    wrong = next((name for name in said if not able or name in {"inbound", "outbound"} - {able}), "")
    if not wrong:
        return _no_impairment(wanted, said)
    why = {
        "internal": "what the switch sends to an `internal` port goes past what limits its device",
        "patch": "a `patch` port has no device that could be limited",
        "bond": "each NIC of a `bond` would be limited by itself",
    }.get(
        kind, "policing what comes from a device does nothing in Open vSwitch's userspace, and says nothing"
    )
    help = f"say `{able}` of it, which is honoured" if able else "limit the ports behind it"
    return "E508", f"port `{wanted.name}` cannot have `{wrong}`: {why}", "would do nothing", help


def _no_impairment(wanted: Resource, said: Sequence[str]) -> Problem | None:
    """What speaks against a port's delay or loss: one port has one kind of QoS, and that knows whole percents."""
    harm, limit = (
        [name for name in said if (LIMITS[name] == IMPAIRED) == is_harm] for is_harm in (True, False)
    )
    loss = wanted.get("loss")
    if harm and limit:
        why, help = (
            f"beside `{limit[0]}`: a port has one kind of QoS",
            f"say `{limit[0]} none`, or leave `{harm[0]}` out",
        )
    elif isinstance(loss, int) and (loss % 100 or not loss):
        harm, why, help = (
            ["loss"],
            "so: Open vSwitch knows whole percents, from 1",
            "say `loss 1%`, or `loss none`",
        )
    elif wanted.get("delay") == 0:
        harm, why, help = ["delay"], "of nothing", "say `delay none`"
    else:
        return None
    return "E508", f"port `{wanted.name}` cannot have `{harm[0]}` {why}", "would do nothing", help
