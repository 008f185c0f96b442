"""The names of what hosts hold, asked for one kind at a time and not waited for long: for a shell's Tab."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import TracebackType

from vnetsh.diagnostics import ProblemsFound
from vnetsh.errors import VnetshError
from vnetsh.interface.opening import inventory_of
from vnetsh.interface.options import Options
from vnetsh.model import Inventory
from vnetsh.registry import Plugins
from vnetsh.session import Session

PATIENCE = 1.0
"""Seconds that one host may take to answer; a host that does not has no names."""


class LiveNames(Mapping[str, Collection[str]]):
    """The names of each kind, on the hosts that a command line's words choose. No host is asked before it must be."""

    def __init__(self, plugins: Plugins, words: Sequence[str]) -> None:
        self._plugins = plugins
        self._inventory = _inventory(plugins, words)
        self._session: Session | None = None
        self._known: dict[str, Collection[str]] = {}

    def __enter__(self) -> LiveNames:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            self._session.close()

    def __getitem__(self, kind: str) -> Collection[str]:
        """Their names, sorted, each with its places where hosts were asked. Raises `KeyError` for what is no kind."""
        places = [p.name for p in self._inventory.values() if kind in (p.sort, p.noun)]
        if places or kind not in {held.name for held in self._plugins.vocabulary.held()}:
            if not places and kind not in self._plugins.vocabulary.kinds:
                raise KeyError(kind)
            return places
        if kind not in self._known:
            self._known[kind] = self._asked(kind)
        return self._known[kind]

    def _asked(self, kind: str) -> Mapping[str, str]:
        if self._session is None:
            self._session = Session(self._plugins, self._inventory, keep_going=True, timeout=PATIENCE)
        answering = (
            self._inventory.keys() - self._session.left_out.keys()
        )  # who was silent once is asked no more
        try:
            found = self._session.look(kind, answering) if answering else []
        except VnetshError:  # of libvirt, say, whose module is not there
            return {}
        places: dict[str, list[str]] = {}
        for one in found:
            if one.name.isprintable():
                places.setdefault(one.name, []).append(one.place)
        return {name: ", ".join(at) for name, at in places.items()}

    def __iter__(self) -> Iterator[str]:
        yield "host"
        for kind in self._plugins.vocabulary.held():
            yield kind.name

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _inventory(plugins: Plugins, words: Sequence[str]) -> Inventory:
    """The hosts that are meant; none where their file cannot be read, for it is not the place to say so."""
    asked = argparse.Namespace(hosts=None, **{f"world_{name}": None for name in plugins.worlds})
    for word, following in zip(words, [*words[1:], None], strict=False):
        option, equals, value = word.partition("=")
        if option == "--hosts":
            asked.hosts = value if equals else following
        # `vnetsh lab exec` is about the hosts of `--lab`
        elif option.removeprefix("--") in plugins.worlds:
            setattr(asked, f"world_{option.removeprefix('--')}", value)
    try:
        return inventory_of(Options(plugins, "show", asked))
    except (VnetshError, ProblemsFound):
        return {}
