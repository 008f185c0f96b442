"""Changes: one resource before and after, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from vnetsh.model.resource import Attributes, Key, Resource, Value

KEEPER = "cluster"
"""The wish of a change of what a cluster has in its hands: that cluster makes it."""

Thing = Mapping[str, str]
"""Something that a change made beside its resource, in its backend's own words: a file, with what identifies it.

`what` says it to people: "/srv/a.qcow2 on kvm2". With `goes` it is something that the change itself removes in the end:
the old copy of a disk that has moved. With `stays` it is nothing but a sentence for the report: what was to go and does
not, and why; with `warns` one to be said of what was done all the same. With `measured` it is no thing but what was
measured while the change was made, as JSON; `says` puts that into words, and `unmet` what of it is not as the change's
`wishes` are."""


def file_of(thing: Thing) -> tuple[str, str] | None:
    """The host and the path of a file that was made; None of anything else."""
    return (thing.get("host", ""), thing["file"]) if "file" in thing else None


EACH_TIME = "each time"
"""In the wishes of what is meant each time that it is said, and shows: planned again it tells nothing of the rest."""


class Impact(IntEnum):
    """What a change costs, from nothing to lost data; ordered."""

    NONE = 0
    LIVE = 1  # a running thing is touched, nothing is lost
    BRIEF = 2  # packets are lost for a moment
    RESTART = 3  # a vm or a daemon restarts
    DESTROY = 4  # data is lost

    def __str__(self) -> str:
        return self.name.lower()


class ActionKind(StrEnum):
    """What a change does to its resource."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a move will take, in seconds, and how long what moves will pause in its end, in milliseconds."""

    seconds: float
    pause: float

    def __str__(self) -> str:
        return f"about {_rounded(self.seconds)} s, pause about {_rounded(self.pause)} ms"


def _rounded(number: float) -> str:
    """With two digits that say something; it is no more exact than that."""
    return f"{float(f'{number:.2g}'):g}"


@dataclass(frozen=True, slots=True)
class Change:
    """One resource, before and after; the whole of it, not only what differs.

    `before` is None for an add, `after` is None for a remove; a move has two places. Impact, `hits` (the vms it
    disturbs) and `how` (what the backend will do, in a few words) come from the backend's assessment. `undo`: it
    takes back a change that may have been made in part only, when its run was cut off; `made` is what that change made
    beside its resource, as its backend had it written down (`Connection.keep`). `wishes` are how its sentence wants it
    done, which is no attribute of the resource: the `bandwidth` of a move. Where nothing differs, they are all that it
    does: a `reboot`. `estimate` is how long that will take, where its place could tell beforehand. What is of a later
    `turn` begins when all of the earlier ones is done. `until_reboot`: why what it makes is gone after its host's next
    start, in a few words; empty where it is there again.
    """

    action: ActionKind
    before: Resource | None
    after: Resource | None
    because: str = ""
    impact: Impact = Impact.NONE
    hits: tuple[str, ...] = ()
    how: str = ""
    undo: bool = field(default=False, compare=False)
    made: tuple[Thing, ...] = field(default=(), compare=False)
    wishes: Attributes = field(default_factory=dict)
    turn: int = field(default=0, compare=False)
    estimate: Estimate | None = field(default=None, compare=False)
    until_reboot: str = field(default="", compare=False)

    @property
    def resource(self) -> Resource:
        """The resource as it will be, or as it was when it goes."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def place(self) -> str:
        """Where the work is done: of a move, the place that it starts from."""
        return (self.before or self.resource).place

    @property
    def places(self) -> tuple[str, ...]:
        """The places it touches: of a move, both."""
        if self.before and self.after and self.before.place != self.after.place:
            return self.before.place, self.after.place
        return (self.resource.place,)

    @property
    def concerned(self) -> tuple[str, ...]:
        """The places it touches, and the cluster that has what it changes in its hands."""
        keeper = self.wishes.get(KEEPER)
        return (*self.places, str(keeper)) if keeper else self.places

    @property
    def backend(self) -> str:
        """The backend that makes the change."""
        return self.resource.backend

    def differing(self) -> Mapping[str, tuple[Value, Value]]:
        """The attributes that change, each with its value before and after."""
        before = self.before.attributes if self.before else {}
        after = self.after.attributes if self.after else {}
        return {
            name: (before.get(name), after.get(name))
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        }

    @property
    def renames(self) -> bool:
        """Whether it gives its resource another name."""
        return self.before is not None and self.after is not None and self.before.name != self.after.name

    @property
    def traceless(self) -> bool:
        """Whether it is an act that shows in no attribute: looking does not tell whether it was done. Nobody can take
        it back.
        """
        act = any(wish != KEEPER for wish in self.wishes) and EACH_TIME not in self.wishes
        return self.action is ActionKind.CHANGE and self.before == self.after and act

    def inverse(self) -> Change:
        """The change that takes this one back."""
        opposite = {ActionKind.ADD: ActionKind.REMOVE, ActionKind.REMOVE: ActionKind.ADD}
        action = opposite.get(self.action, self.action)
        return replace(self, action=action, before=self.after, after=self.before, undo=True)

    def __str__(self) -> str:
        resource = self.resource
        place = f" on {resource.place}"
        if self.action is ActionKind.MOVE and self.before:
            place = f" from {self.before.place} to {resource.place}"
        elif resource.parent and resource.parent[0] != "bridge":
            place = f" of {resource.parent[0]} {resource.parent[1]}{place}"
        action = next(iter(self.wishes)) if self.traceless else self.action
        return f"{action} {resource.kind} {resource.name}{place}"


def imagine(things: dict[Key, Resource], changes: Iterable[Change]) -> None:
    """Have these things be as changes make them: of a place that is in memory only."""
    for change in changes:
        if change.action is ActionKind.REMOVE:
            things.pop(change.resource.key, None)
        else:
            things[change.resource.key] = change.resource
