"""What the verbs mean that move many vms: `drain`, `undrain`, `maintain`, `balance`. Pure.

Where a vm came from is kept in the vm itself, and goes with it (`drained`): nothing else has to be remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import Attributes, Key, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.nouns.templating import COPY_TEMPLATE, templates_of
from vnetsh.placement import Guest, Move, balance, choose, waves
from vnetsh.placement.picture import DRAINED, SET_ASIDE, STANDBY, Picture, guest_of, path_of
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

NOTHING_SAID: Mapping[str, str] = {}


def drain(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Every vm of these hosts goes to others, and remembers from where; then their clusters put nothing there."""
    picture, sources = Picture(settler.fleet), action.subjects
    vms = [vm for vm in picture.vms.values() if vm.place in sources]
    because = f"{' and '.join(sources)} {'is' if len(sources) == 1 else 'are'} drained"
    moves = _emptied(action, settler, picture, vms, because) if vms else ()
    if moves is None:
        return ()
    last = 1 + max((move.turn for move in moves), default=-1)
    aside = [one for one in picture.members(sources) if not one.get(STANDBY)]
    return [*moves, *(_set_aside(one, action, because, last, aside=True) for one in aside)]


def _set_aside(member: Resource, action: Phrase, because: str, turn: int, *, aside: bool) -> Change:
    """A host of a cluster is given nothing any more, or again something."""
    values = {STANDBY: aside or None, SET_ASIDE: aside or None}
    after = replace(member.with_attributes(**values), span=action.span, words=None)
    return Change(ActionKind.CHANGE, member, after, because=because, turn=turn)


def _emptied(
    action: Phrase, settler: Settling, picture: Picture, vms: Sequence[Resource], because: str
) -> Sequence[Change] | None:
    """The moves of all these vms to other hosts; None where one has nowhere to go, which is said."""
    sources = action.subjects
    said = action.names("to")
    targets = [host for host in said or settler.hosts if host not in sources]
    closed = {host: why for host in targets if (why := picture.closed(host))} if not said else {}
    finding = Finding(
        settler,
        picture,
        [host for host in targets if host not in closed],
        closed,
        said_of(action),
        action if action.value(COPY_TEMPLATE) else None,
    )
    return finding.placed(vms, because) or None


def undrain(action: Phrase, settler: Settling) -> Sequence[Change]:
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
    back = [*changes, *finding.ordered(moves, "it comes back", drained=False)]
    aside = [one for one in picture.members(action.subjects) if one.get(SET_ASIDE)]
    if not aside:
        return back
    why = f"{' and '.join(action.subjects)} may have something again"
    first = [_set_aside(one, action, why, 0, aside=False) for one in aside]
    return [*first, *(replace(change, turn=change.turn + 1) for change in back)]


def listed(said: Mapping[str, str]) -> str:
    """What is said of each host, those of which the same is said together."""
    hosts: dict[str, list[str]] = {}
    for host, one in said.items():
        hosts.setdefault(one, []).append(host)
    return "; ".join(f"{', '.join(names)}: {one}" for one, names in hosts.items())


def said_of(action: Phrase) -> Span:
    """Where an action says what it is about."""
    return action.subject.span if action.subject else action.span


def balanced(action: Phrase, settler: Settling, limit: float) -> Sequence[Change]:
    """Vms leave the hosts that have more than a part of their memory in use, for others, as few as can be."""
    picture = Picture(settler.fleet)
    said = action.names("hosts")
    hosts = [host for host in said or settler.hosts if said or not picture.closed(host)]
    seating = picture.seating()
    known = [host for host in hosts if seating.rooms[host].memory]
    finding = Finding(settler, picture, (), {}, action.span)
    moves = balance(seating, known, limit, finding.takes)
    if moves is not None:
        return finding.ordered(moves, f"{_percent(limit)} of memory at most", drained=None)
    over = [host for host in known if seating.load(host) > limit]
    listing = ", ".join(f"{host} has {_percent(seating.load(host))}" for host in over)
    settler.refuse(
        Diagnostic(
            "E307",
            f"no moves were found that bring every host to {_percent(limit)} of its memory: {listing}",
            action.span,
            help="allow more (`balance limit 90%`), add hosts, or stop or move something yourself",
        )
    )
    return ()


def _percent(part: float) -> str:
    return f"{part:.0%}"


class Finding:
    """Looks for hosts of vms, and makes changes of what it finds; refuses where there is none, each with the reason.

    With `copying`, the action that says so, images that their disks build on are copied first, where they are missing.
    """

    def __init__(
        self,
        settler: Settling,
        picture: Picture,
        targets: Sequence[str],
        closed: dict[str, str],
        span: Span,
        copying: Phrase | None = None,
    ) -> None:
        self._settler = settler
        self._copying = copying
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
            self.takes,
        )
        if found.stuck:
            self._refuse(self._picture.vms[found.stuck.key], found.why)
            return ()
        return self.ordered(found.moves, because, drained=True)

    def ordered(self, moves: Iterable[Move], because: str, *, drained: bool | None) -> Sequence[Change]:
        """Moves as changes, in waves. `drained`: the vms remember where they were; if not, they forget it.

        None: it is nothing of a drain.
        """
        found, stuck = waves(self._picture.seating(), moves)
        for move in stuck:
            self._refuse_room(move)
        changes, copies = list[Change](), dict[Key, Change]()
        for turn, wave in enumerate(found, 1):
            why = f"{because}, wave {turn} of {len(found)}" if len(found) > 1 else because
            for move in sorted(wave, key=lambda move: move.guest.name):
                vm = self._picture.vms[move.guest.key]
                copies |= {one.resource.key: one for one in self._copies(vm, move.to)}
                after = replace(vm, place=move.to, span=self._span, words=None)
                if drained is not None:
                    after = replace(after, attributes=_remembering(vm, move.to, drained=drained))
                changes.append(Change(ActionKind.MOVE, vm, after, because=why, turn=turn))
        return [*(replace(copy, because=because) for copy in copies.values()), *changes]

    def _copies(self, vm: Resource, host: str) -> Sequence[Change]:
        """The images that have to be copied to a host before it takes a vm."""
        if self._copying is None:
            return ()
        return templates_of(vm, host, self._copying, self._settler, trying=True)

    def takes(self, guest: Guest, host: str) -> bool:
        """Whether a host can take a guest, whatever else is there."""
        return self._problem(self._picture.vms[guest.key], host) is None

    def _fits(self, vm: Resource, host: str) -> bool:
        return self._problem(vm, host) is None

    def _problem(self, vm: Resource, host: str) -> Diagnostic | None:
        key = (vm.place, vm.name), host
        if key not in self._against:
            after = replace(vm, place=host, span=self._span, words=None)
            self._against[key] = (
                self._settler.against(Change(ActionKind.MOVE, vm, after), self._copies(vm, host))
                or self._strays(vm, host)
                or self._cut(vm, host)
            )
        return self._against[key]

    def _strays(self, vm: Resource, host: str) -> Diagnostic | None:
        zones = self._picture.strays(vm, host)
        says, help = f"vm `{vm.name}` is to be in {zones}", f"`vm {vm.name} zone none`, if it may be anywhere"
        return Diagnostic("E306", says, self._span, help=help) if zones else None

    def _cut(self, vm: Resource, host: str) -> Diagnostic | None:
        lost = self._picture.loses(vm, host)
        if not lost:
            return None
        bridges = ", ".join(f"`{port.text('bridge')}`" for port in self._settler.fleet.nics(vm))
        return Diagnostic(
            "E306",
            f"on {host} vm `{vm.name}` would not reach {', '.join(lost[:3])}{' …' if lost[3:] else ''} any more",
            self._span,
            help=f"join {bridges} of {vm.place} and {host}, by a tunnel or uplinks into one network",
        )

    def _refuse(self, vm: Resource, why: Mapping[str, str] = NOTHING_SAID) -> None:
        """Say why a vm has nowhere to go: with a host's own words where they are the only ones."""
        problems = {host: found for host in self._targets if (found := self._problem(vm, host))}
        alike = {(found.code, found.message) for found in problems.values()}
        if (
            len(alike) == 1
            and len(problems) == len(self._targets)
            and (len(problems) > 1 or not self._closed)
        ):
            self._settler.refuse(
                next(iter(problems.values()))
            )  # it is the vm itself, or there is one host only
            return
        said = {host: found.message for host, found in problems.items()} | dict(why) | self._closed
        remedies = [found.help for found in problems.values() if found.help]
        listing = listed(said) or "there is no other host"
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
                f"{move.to} has no room for vm `{move.guest.name}` of {move.guest.host}, or has one from which it is "
                "to be apart",
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
