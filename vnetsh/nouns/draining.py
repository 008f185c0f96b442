"""The verbs that empty a host and fill it again: `drain`, `undrain`. Pure.

Where a vm came from is kept in the vm itself, and goes with it (`drained`): nothing else has to be remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import Attributes, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.placement import Move, choose, waves
from vnetsh.placement.picture import DRAINED, Picture, guest_of, path_of
from vnetsh.schema import HOSTS, Attribute, Effect, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

NOTHING_SAID: Mapping[str, str] = {}


def _drain(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Every vm of these hosts goes to others, and remembers from where."""
    picture, sources = Picture(settler.fleet), action.subjects
    vms = [vm for vm in picture.vms.values() if vm.place in sources]
    if not vms:
        return ()
    said = action.names("to")
    targets = [host for host in said or settler.hosts if host not in sources]
    closed = {host: why for host in targets if (why := picture.closed(host))} if not said else {}
    finding = Finding(
        settler, picture, [host for host in targets if host not in closed], closed, said_of(action)
    )
    return finding.placed(vms, f"{' and '.join(sources)} {'is' if len(sources) == 1 else 'are'} drained")


def _undrain(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Every vm that was drained from these hosts goes back; one that somebody moved since stays, and forgets it."""
    picture = Picture(settler.fleet)
    changes: list[Change] = []
    moves: list[Move] = []
    for vm in picture.vms.values():
        path = path_of(vm)
        home = next((host for host in path[:-1] if host in action.subjects), "")
        if not home:
            continue
        if vm.place == path[-1] != home:
            moves.append(Move(guest_of(vm), home))
            continue
        where = (
            "it is back already" if vm.place == home else f"somebody moved it to {vm.place} since: it stays"
        )
        after = replace(vm.with_attributes(**{DRAINED: None}), span=action.span, words=None)
        changes.append(Change(ActionKind.CHANGE, vm, after, because=where))
    finding = Finding(settler, picture, (), {}, said_of(action))
    return [*changes, *finding.ordered(moves, "it comes back", drained=False)]


def said_of(action: Phrase) -> Span:
    """Where an action says what it is about."""
    return action.subject.span if action.subject else action.span


class Finding:
    """Looks for hosts of vms, and makes changes of what it finds; refuses where there is none, each with the reason."""

    def __init__(
        self,
        settler: Settling,
        picture: Picture,
        targets: Sequence[str],
        closed: dict[str, str],
        span: Span,
    ) -> None:
        self._settler = settler
        self._picture = picture
        self._targets = targets
        self._closed = closed
        self._span = span
        self._against: dict[tuple[tuple[str, str], str], Diagnostic | None] = {}

    def placed(self, vms: Iterable[Resource], because: str) -> Sequence[Change]:
        """The moves of these vms, each to the host that suits it best."""
        going = list(vms)
        homeless = [vm for vm in going if not any(self._fits(vm, host) for host in self._targets)]
        for vm in homeless:
            self._refuse(vm)
        if homeless:
            return ()
        found = choose(
            self._picture.seating(),
            map(guest_of, going),
            self._targets,
            lambda guest, host: self._fits(self._picture.vms[guest.key], host),
        )
        if found.stuck:
            self._refuse(self._picture.vms[found.stuck.key], found.why)
            return ()
        return self.ordered(found.moves, because, drained=True)

    def ordered(self, moves: Iterable[Move], because: str, *, drained: bool) -> Sequence[Change]:
        """Moves as changes, in waves. `drained`: the vms remember where they were; else they forget it."""
        found, stuck = waves(self._picture.seating(), moves)
        for move in stuck:
            self._refuse_room(move)
        changes = []
        for turn, wave in enumerate(found, 1):
            why = f"{because}, wave {turn} of {len(found)}" if len(found) > 1 else because
            for move in sorted(wave, key=lambda move: move.guest.name):
                vm = self._picture.vms[move.guest.key]
                after = replace(vm, attributes=_remembering(vm, move.to, drained=drained), place=move.to)
                after = replace(after, span=self._span, words=None)
                changes.append(Change(ActionKind.MOVE, vm, after, because=why, turn=turn))
        return changes

    def _fits(self, vm: Resource, host: str) -> bool:
        return self._problem(vm, host) is None

    def _problem(self, vm: Resource, host: str) -> Diagnostic | None:
        key = (vm.place, vm.name), host
        if key not in self._against:
            after = replace(vm, place=host, span=self._span, words=None)
            self._against[key] = self._settler.against(Change(ActionKind.MOVE, vm, after)) or self._cut(
                vm, host
            )
        return self._against[key]

    def _cut(self, vm: Resource, host: str) -> Diagnostic | None:
        lost = self._picture.loses(vm, host)
        if not lost:
            return None
        bridges = ", ".join(f"`{port.text('bridge')}`" for port in self._settler.fleet.parts(vm))
        return Diagnostic(
            "E306",
            f"on {host} vm `{vm.name}` would not reach {', '.join(lost[:3])}{' …' if lost[3:] else ''} any more",
            self._span,
            help=f"join {bridges} of {vm.place} and {host}, by a tunnel or uplinks into one network",
        )

    def _refuse(self, vm: Resource, why: Mapping[str, str] = NOTHING_SAID) -> None:
        """Say why a vm has nowhere to go: with a host's own words where they are the only ones."""
        problems = {host: found for host in self._targets if (found := self._problem(vm, host))}
        if len(problems) == len(self._targets) == 1 and not self._closed:
            self._settler.refuse(next(iter(problems.values())))
            return
        said = {host: found.message for host, found in problems.items()} | dict(why) | self._closed
        remedies = [found.help for found in problems.values() if found.help]
        listing = "; ".join(f"{host}: {one}" for host, one in said.items()) or "there is no other host"
        self._settler.refuse(
            Diagnostic(
                "E306",
                f"vm `{vm.name}` of {vm.place} has nowhere to go: {listing}",
                self._span,
                help=remedies[0]
                if remedies
                else f"stop it, make room, or say where: `migrate {vm.name} to HOST`",
            )
        )

    def _refuse_room(self, move: Move) -> None:
        self._settler.refuse(
            Diagnostic(
                "E306",
                f"{move.to} has no room for vm `{move.guest.name}` of {move.guest.host}",
                self._span,
                help="stop or move something there first",
            )
        )


def _remembering(vm: Resource, to: str, *, drained: bool) -> Attributes:
    """A vm's attributes when it has gone to a host: with the hosts that it came from on the way, as far as they count.

    Of one that somebody moved since, what it remembers is of no use any more.
    """
    path = path_of(vm)
    before = path if path[-1:] == (vm.place,) else (vm.place,)
    new = (*before, to) if drained else path[: path.index(to) + 1]
    rest = {name: value for name, value in vm.attributes.items() if name != DRAINED}
    return {**rest, DRAINED: new} if len(new) > 1 else rest


TO = Attribute(
    "to", HOSTS, "The hosts where they go.", otherwise="all others that are not drained", clearable=False
)

FLEET_VERBS = (
    Verb(
        "drain",
        help="Move every vm of a host away, running ones live; `undrain` brings them back.",
        subject=HOSTS,
        attributes=(TO,),
        plan=_drain,
        effect=Effect(others=True),
        example="drain kvm1 to kvm2, kvm3",
    ),
    Verb(
        "undrain",
        help="Move every vm back that was drained from a host, but those that somebody moved since.",
        subject=HOSTS,
        plan=_undrain,
        effect=Effect(),
        example="undrain kvm1",
    ),
)
