"""What a row of QoS has the kernel do to packets that a port's device sends. Pure."""

from __future__ import annotations

from vnetsh.model import Value
from vnetsh_ovs.forms import DELAY, LOSS as PERCENT, RATE
from vnetsh_ovsdb.operations import Row, as_list, as_map

LIMIT, NETEM = "linux-htb", "linux-netem"
"""The types of QoS that limit a port, of those that there are the one that is honoured in userspace, too; and that
have it delay and lose packets.
"""
MOST, LATENCY, LOSS = "max-rate", "latency", "loss"
_FORMS = {LATENCY: DELAY, LOSS: PERCENT}


def limit(row: Row) -> Value:
    """What a QoS row limits its port to, in bits a second, where it says nothing else."""
    told = as_map(row.get("other_config"))
    if row.get("type") != LIMIT or told.keys() != {MOST} or as_list(row.get("queues")):
        return None
    return RATE.read(told[MOST])


def _impaired(row: Row, key: str) -> Value:
    """How a QoS row has its port delay packets, or lose them, where it says nothing else."""
    told = as_map(row.get("other_config"))
    if row.get("type") != NETEM or not told.keys() <= _FORMS.keys() or as_list(row.get("queues")):
        return None
    said = {name: _FORMS[name].read(text) for name, text in told.items()}
    return None if None in said.values() else said.get(key)


def delay(row: Row) -> Value:
    """For how long a QoS row has packets held back, in milliseconds, where it says nothing that no sentence says."""
    return _impaired(row, LATENCY)


def loss(row: Row) -> Value:
    """How many packets a QoS row has lost, in hundredths of a percent, the same way."""
    return _impaired(row, LOSS)


def says_only_limit(row: Row) -> bool:
    """Whether a QoS row is as vnetsh makes them: nobody has given it another type, queues, or more."""
    return any(read(row) is not None for read in (limit, delay, loss))
