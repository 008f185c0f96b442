"""What others told a cluster that keeps it from doing what it is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vnetsh_pacemaker.cib import Cib, pairs, primitives, section
from vnetsh_pacemaker.marks import BY_HAND, LEAVING, META, OURS
from vnetsh_pacemaker.shapes.kept import Names

_YES = ("true", "1", "yes", "on", "y")
_NEVER = "-INFINITY"
_MOVED_BY_HAND = f"{BY_HAND}prefer-"
"""Begins the id of the one rule by which `crm_resource --move` keeps a vm at a host."""


def halted(cib: Cib) -> tuple[str, str] | None:
    """Why a cluster starts nothing new, and what ends that; None of one that does."""
    for option, default, halts, says in (
        ("maintenance-mode", "false", True, "is in maintenance mode"),
        ("stop-all-resources", "false", True, "is told to stop all that it has"),
        ("symmetric-cluster", "true", False, "runs nothing but where a rule of its says so"),
    ):
        if (cib.option(option, default).lower() in _YES) is halts:
            ends = "false" if halts else "true"
            return f"{says} (`{option}`)", f"`pcs property set {option}={ends}`"
    told = {
        pair.get("name", ""): pair.get("value", "").lower()
        for pair in cib.configuration.iterfind("rsc_defaults/meta_attributes/nvpair")
    }
    if told.get("target-role", "started") not in ("started", "master", "promoted"):
        return (
            "stops all that it is not told to start (`target-role`)",
            "`pcs resource defaults update target-role=`",
        )
    if told.get("is-managed", "true") not in _YES:
        return (
            "leaves alone all that it is told of (`is-managed`)",
            "`pcs resource defaults update is-managed=`",
        )
    return None


def leaving(cib: Cib) -> set[str]:
    """The ids of vms that are being given back."""
    return {one.get("id", "") for one, _ in primitives(cib.configuration) if LEAVING in pairs(one, META)}


def barred(cib: Cib, names: Names, known: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Vms and hosts that others' rules keep apart, each with the rule."""
    for rule in section(cib.configuration, "constraints").iterfind("rsc_location"):
        vm, node, id = known.get(rule.get("rsc", "")), rule.get("node"), rule.get("id", "")
        if vm and node and rule.get("score") == _NEVER and not id.startswith(OURS):
            yield (vm, names.host(node)), id


def bound(cib: Cib, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Vms that others moved by hand, and so keep there for good; vnetsh's own moves end by themselves."""
    for rule in section(cib.configuration, "constraints").iterfind("rsc_location"):
        vm, id = known.get(rule.get("rsc", "")), rule.get("id", "")
        if vm and id.startswith(_MOVED_BY_HAND) and rule.find(".//date_expression") is None:
            yield vm, id


def rule_of_move(id: str) -> str:
    """What the rule of a resource's move is called."""
    return f"{_MOVED_BY_HAND}{id}"
