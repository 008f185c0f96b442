"""What a cluster says of itself just now (`crm_mon`). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError, fromstring

from vnetsh.errors import BackendRefused
from vnetsh_pacemaker.facts import MAINTENANCE, OFFLINE, ONLINE, PENDING, STANDBY, UNCLEAN


@dataclass(frozen=True)
class Running:
    """Where a resource runs, by its nodes, and whether the cluster has it in its hands."""

    nodes: tuple[str, ...] = ()
    managed: bool = True
    failed: bool = False
    role: str = "Started"

    @property
    def up(self) -> bool:
        """Whether it runs, once, and is not about to stop or to start."""
        return len(self.nodes) == 1 and not self.failed and self.role == "Started"


@dataclass(frozen=True)
class Status:
    """`nodes` are states by name, `failures` say of a resource what went wrong with it last, and where."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, Running] = field(default_factory=dict)
    failures: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read(text: str) -> Status:
    """Its state from the XML of `crm_mon`. Raises `BackendRefused`."""
    try:
        root = fromstring(text)
    except ParseError as error:
        raise BackendRefused(f"crm_mon says something else than XML: {error}") from error
    running: dict[str, Running] = {}
    for one in root.iter("resource"):
        nodes = tuple(node.get("name", "") for node in one.findall("node"))
        name = one.get("id", "").partition(":")[0]
        had = running.get(name, Running())
        managed, failed = one.get("managed") != "false", one.get("failed") == "true"
        all_nodes, role = (*had.nodes, *nodes), one.get("role", "Started")
        running[name] = Running(all_nodes, managed and had.managed, failed or had.failed, role)
    failures: dict[str, list[str]] = {}
    for one in root.iterfind("failures/failure"):
        name, words = _failure(one)
        failures.setdefault(name, []).append(words)
    return Status({n.get("name", ""): _state(n) for n in root.iterfind("nodes/node")}, running, failures)


def _state(node: Element) -> str:
    if node.get("unclean") == "true":
        return UNCLEAN
    if node.get("online") != "true":
        return OFFLINE
    if node.get("pending") == "true":
        return PENDING
    words = (("standby", STANDBY), ("standby_onfail", STANDBY), ("maintenance", MAINTENANCE))
    return next((state for word, state in words if node.get(word) == "true"), ONLINE)


def _failure(one: Element) -> tuple[str, str]:
    """The resource whose action failed; and which one, where and why."""
    name, _, rest = one.get("op_key", "").rpartition("_")[0].rpartition("_")
    why = one.get("exitreason") or one.get("exitstatus", "")
    return name, f"{rest or 'action'} on {one.get('node')}: {why}"
