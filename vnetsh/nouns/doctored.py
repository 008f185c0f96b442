"""What `doctor` answers: all findings, the worst first, each with what mends it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from vnetsh.errors import BackendRefused, CannotTell, HostUnreachable
from vnetsh.hosts.examining import Diagnosis
from vnetsh.hosts.path_mtu import Way, passing
from vnetsh.hosts.workers import at_once
from vnetsh.language.writing import word_text
from vnetsh.model import Finding, Fleet, Key, Resource, Severity
from vnetsh.nouns.ailments import ailments
from vnetsh.nouns.ailments_hosts import at, of_hosts
from vnetsh.nouns.ailments_ways import Needed, Passing, narrow, needed
from vnetsh.nouns.warning import WARNING
from vnetsh.nouns.why_found import thing
from vnetsh.nouns.why_mending import sentence
from vnetsh.plain_text import plain
from vnetsh.schema import PORT, Answer
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase

_ORDER = tuple(Severity)

Told = Mapping[str, str]
"""A finding, as `-o json` says it."""


def answer(action: Phrase, asking: Asking) -> Answer:
    """All that is found, of all places or those that are said."""
    said = action.texts("on")
    hosts, told = list(said or asking.inventory), findings(asking, said)
    counts = {str(one): sum(finding["severity"] == one for finding in told) for one in Severity}
    wrong_ones = (counted(one, counts[one]) for one in (Severity.ERROR, Severity.WARNING))
    summary = f"{_listed(hosts)}: {', '.join(wrong_ones)}"
    text = "\n".join([*_lines(told), summary])
    data = {"hosts": hosts, "findings": told, **{f"{name}s": count for name, count in counts.items()}}
    errors = counts[Severity.ERROR]
    if not errors:
        return Answer(text, data)
    first = next(one for one in told if one["severity"] == Severity.ERROR)
    help = f"first {_thing(first)}: {first['mend']}" if first["mend"] else ""
    failed = f"doctor: {counted(Severity.ERROR, errors)} found"
    return Answer(text, data, ok=False, code="E550", help=help, failed=failed)


def findings(asking: Asking, said: Sequence[str] = ()) -> list[Told]:
    """What is found of these hosts, or of all places, the worst first."""
    hosts = list(said or asking.inventory)
    found = asking.diagnose()
    wrong = [
        *of_hosts(found, asking.daemons),
        *found.findings,
        *(one for one in ailments(found.fleet) if not _is_blind(one, found)),
        *_ways(asking, found, hosts),
    ]
    return [_told(one, found.fleet) for one in _ordered(wrong, hosts, bool(said))]


def _is_blind(finding: Finding, found: Diagnosis) -> bool:
    """Whether it is about what nobody could see, such as the other end of a tunnel: that this is silent is said."""
    other = found.fleet.resources.get(finding.other) if finding.other else None
    return bool(other and (finding.at[1], other.backend) in found.silent)


def warnings(asking: Asking, said: Sequence[str] = ()) -> list[Resource]:
    """The same without the notes, as a table has it (`show warnings`)."""
    return [
        Resource(
            WARNING,
            f"{told['kind']} {told['name']}",
            told["host"],
            {name: told[name] or None for name in ("host", "severity", "says", "mend")},
        )
        for told in findings(asking, said)
        if told["severity"] != Severity.NOTE
    ]


def _ways(asking: Asking, found: Diagnosis, hosts: Collection[str]) -> Iterator[Finding]:
    """What the ways between hosts let pass, tried from all at once."""
    able = {name for name, told in found.hosts.items() if not told.failed and told.python}
    all_ways = needed(found.fleet, hosts)
    ways = {host: tunnels for host, tunnels in all_ways.items() if host in able}

    def tried(one: tuple[str, Sequence[Needed]]) -> Passing | Finding:
        host, tunnels = one
        asking.progress_of(host)("trying which packets pass its tunnels' ways")
        try:
            done = passing(asking.transport(asking.hosts[host]), _widest(tunnels))
        except (BackendRefused, HostUnreachable, CannotTell) as error:
            says = f"which packets pass its tunnels' ways could not be tried: {error.message}"
            return Finding(at(host), says, advice=error.help, severity=Severity.WARNING)
        return {(tunnels[0].way.source, target): came for target, came in done.items()}

    told = dict(zip(ways, at_once("ways", tried, ways.items()), strict=True))
    yield from (one for one in told.values() if isinstance(one, Finding))
    results = {
        way: came for one in told.values() if not isinstance(one, Finding) for way, came in one.items()
    }
    mended: set[tuple[str, str]] = set()
    for host, tunnels in ways.items():
        for finding in narrow(tunnels, results) if not isinstance(told[host], Finding) else ():
            same = finding.at[2], finding.sentence  # of a tunnel from its other end
            if not finding.sentence or same not in mended:
                yield finding
            mended.add(same)


def _widest(tunnels: Sequence[Needed]) -> list[Way]:
    """Each way once, for the largest packets that any tunnel could send."""
    found: dict[str, Way] = {}
    for way in (one.way for one in tunnels):
        if way.address not in found or found[way.address].size < way.size:
            found[way.address] = way
    return list(found.values())


def _ordered(found: Sequence[Finding], hosts: Sequence[str], only: bool) -> list[Finding]:
    """The worst first, then host by host; each once, and none of other places than those that were asked for."""
    order = {host: number for number, host in enumerate(hosts)}
    once: dict[tuple[Key, str], Finding] = {}
    for one in found:
        if one.at[1] in order or not only:
            once.setdefault((one.at, one.says), one)
    return sorted(
        once.values(), key=lambda one: (_ORDER.index(one.severity), order.get(one.at[1], len(order)))
    )


def _told(finding: Finding, fleet: Fleet) -> Told:
    kind, place, name = finding.at
    said = finding.sentence
    if finding.gone and kind == "port":
        said = f"delete {kind} {word_text(name, PORT)} on {place}"
    elif not said and (finding.fix or finding.other):
        said = sentence(finding, fleet)
    mends = {"sentence": said, "command": finding.command, "advice": finding.advice}
    by = next((how for how, mend in mends.items() if mend), "")
    return {
        "severity": str(finding.severity),
        "kind": kind,
        "name": name,
        "host": place,
        "says": plain(finding.says),
        "mend": mends.get(by, ""),
        "by": by,
        "advice": finding.advice if by != "advice" else "",
    }


def _lines(told: Sequence[Told]) -> Iterator[str]:
    """Each finding in its lines; what is only good to know of a host in one."""
    known = [
        one for one in told if one["severity"] == Severity.NOTE and one["kind"] == "host" and not one["mend"]
    ]
    for one in told:
        if one in known:
            continue
        yield f"{one['severity']}: {_thing(one)}: {one['says']}"
        if one["mend"]:
            at = f"a host of {one['host']}" if one["kind"] == "cluster" else one["host"] or "this machine"
            where = f", on {at}" if one["by"] == "command" else ""
            help = "to see to" if one["by"] == "advice" else f"to mend it{where}"
            yield f"  {help}: {one['mend']}"
        if one["advice"]:
            yield f"  or: {one['advice']}"
    for host in dict.fromkeys(one["host"] for one in known):
        yield f"{Severity.NOTE}: {_thing({'kind': 'host', 'name': host, 'host': host})}: " + "; ".join(
            one["says"] for one in known if one["host"] == host
        )


def _thing(told: Told) -> str:
    return thing((told["kind"], told["host"], told["name"]))


def _listed(hosts: Sequence[str]) -> str:
    return ", ".join(hosts) if len(hosts) <= 4 else f"{len(hosts)} places"


def counted(what: str, count: int) -> str:
    """So many of something, in words."""
    return f"{count or 'no'} {what}{'s' * (count != 1)}"
