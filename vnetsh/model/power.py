"""The states of a vm that matter to whatever it is connected with."""

from __future__ import annotations

from vnetsh.model.resource import Resource

STATE = "state"
MANAGED = "managed-by"
"""The attribute of a vm that something keeps up which is no host's own: a cluster."""

STOPPED, SAVED, RUNNING, PAUSED, SLEEPING, CRASHED = (
    "stopped", "saved", "running", "paused", "pmsuspended", "crashed",
)  # fmt: skip
"""`saved`: off, and its next start goes on from where it was; `pmsuspended`: its guest has put itself to sleep."""

FORCE, REBOOT, REVERT, CLONE = "force", "reboot", "revert", "clone"
"""What a change of a vm may wish: to be switched off without asking its guest; that its guest boots anew; to be again
what it was when the snapshot of that name was taken; to be like the vm of that name."""

OFF = frozenset({STOPPED, SAVED})
"""The states in which nothing of a vm runs: it has neither memory nor links on its host."""


def is_off(vm: Resource) -> bool:
    """Whether nothing of a vm runs."""
    return vm.attributes.get(STATE) in OFF
