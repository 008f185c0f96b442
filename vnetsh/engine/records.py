"""What the hosts keep of runs: looked at, brought together with what is known here, and told what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from vnetsh import journal
from vnetsh.engine.connections import Connections
from vnetsh.engine.copies import Copies
from vnetsh.engine.locks import Locks
from vnetsh.errors import VnetshError
from vnetsh.hosts.keeping_there import KEPT, forget, listed, read_there
from vnetsh.hosts.locking_here import operator
from vnetsh.hosts.workers import at_once
from vnetsh.journal import Run, books
from vnetsh.journal.folder import cannot_write, run_files
from vnetsh.journal.merging import Part, believed, bring_home, bring_together
from vnetsh.journal.record_file import read, records_of, whole_file
from vnetsh.journal.runs import numbered
from vnetsh.model import Host, Inventory, hosts_in

_Record = Mapping[str, Any]
_SEEN = "seen.json"
"""What was read of each host: its files with their bytes."""


class Records:
    """Those of a session's hosts. `folder` is where its own runs are."""

    def __init__(self, folder: Callable[[], Path], connections: Connections, locks: Locks) -> None:
        self._folder = folder
        self._connections = connections
        self._locks = locks

    def copies(self, inventory: Inventory) -> Copies:
        """What keeps copies of a run on the hosts that are locked. Raises `JournalFailed`."""
        return Copies(
            lambda place: self._locks.leading_to(inventory[place]) if place in inventory else {},
            books.book_of(self._folder()),
        )

    def tell(self, run: Run, record: _Record, inventory: Inventory, by: int = 0) -> None:
        """Write down what became of a run, here and with its hosts as far as they are locked; `by` which run of ours.

        Raises `JournalFailed`.
        """
        folder = self._folder()
        if run.book and by:
            who, book = operator(), books.book_of(folder)
            called = f"{who}:{by}"
            record = {name: _said(name, value, by, called) for name, value in record.items()}
            record |= {"by": books.whole(by, book), "name": who}
            if "taken back by" in record:
                record["taken back by"] = books.whole(by, book)
        now = journal.again(run)
        record = numbered(record, now.records)
        run.note(record)
        if run.readable and run.records[0].get("at"):
            copies = self.copies(inventory if run.book else {**run.places, **inventory})
            copies.begin(run.number, now.records)
            copies.tell(record, run.at)

    def after_locking(self, inventory: Inventory) -> None:
        """Look at those of the hosts just locked that keep what is not known here. Raises `JournalFailed`."""
        folder = self._folder()
        mine = books.book_of(folder)
        cut_off = [run for run in journal.cut_off(folder) if run.book]
        asked = []
        for host, names in self._locks.kept_there().items():
            names = [name for name in names if name.partition(".")[0].isdecimal()]
            own = {name for name in names if _number(name) >> books.SHIFT == mine}
            told = any(name.endswith(".told") for name in own)
            others = {_number(name) for name in names if name.endswith(".open") and name not in own}
            stale = any(host in run.at for run in cut_off if run.number not in others)
            if told or others or stale or _own_open(own, folder):
                asked.append(host)
        if asked:
            self.look(inventory, asked)

    def look(self, inventory: Inventory, hosts: Iterable[str]) -> dict[str, VnetshError]:
        """Read what these hosts keep of runs; those that do not answer. Of what is open there, who has the lock knows
        whether it was cut off.

        Raises `JournalFailed`.
        """
        folder = self._folder()
        others = folder / books.OTHERS
        seen, mine = _seen(others), books.book_of(folder)
        before = json.dumps(seen)
        asked = [host for name, host in hosts_in(inventory).items() if name in {*hosts}]
        silent: dict[str, VnetshError] = {}

        def ask(host: Host) -> tuple[dict[str, int], dict[str, str]]:
            try:
                return self._read(host, seen.get(host.name, {}), mine, folder)
            except VnetshError as error:
                silent[host.name] = error
                return {}, {}

        parts: dict[int, list[Part]] = {}
        read = at_once("records", ask, asked)
        for host, (sizes, files) in zip(asked, read, strict=True):
            theirs = {name: size for name, size in sizes.items() if books.book(_number(name)) != mine}
            if host.name not in silent and (theirs or host.name in seen):
                seen[host.name] = theirs
            for name, text in files.items():
                records = believed(records_of(text), host.name)
                part = Part(name.endswith(".run"), self._locks.holds(host), records)
                parts.setdefault(_number(name), []).append(part)
        try:
            for number, found in parts.items():
                if books.book(number) == mine:
                    bring_home(folder, books.short(number), [r for part in found for r in part.records])
                else:
                    bring_together(others, number, found)
            for host, (sizes, _) in zip(asked, read, strict=True):
                told = [n for n in sizes if n.endswith(".told") and books.book(_number(n)) == mine]
                if told and self._locks.holds(host):
                    self._heard(host, told)
            if json.dumps(seen) != before:
                others.mkdir(mode=0o700, exist_ok=True)
                whole_file(others / _SEEN, [seen])
                for old in sorted(run_files(others).values(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                    old.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(error, others) from error
        return silent

    def _read(
        self, host: Host, seen: Mapping[str, int], mine: int, folder: Path
    ) -> tuple[dict[str, int], dict[str, str]]:
        """A host's files, and what is in those that are new, or of ours where another has told something."""
        transport = self._connections.transport(host)
        sizes = {name: n for name, n in listed(transport.ask).items() if name.partition(".")[0].isdecimal()}
        held = self._locks.holds(host)
        wanted = []
        for name, size in sizes.items():
            number, _, ending = name.partition(".")
            if ending == "told":
                continue
            if int(number) >> books.SHIFT == mine:
                if f"{number}.told" in sizes or _own_open({name}, folder):
                    wanted.append(name)
            elif seen.get(name) != size or (ending == "open" and held):
                wanted.append(name)
        return sizes, read_there(transport.ask, wanted) if wanted else {}

    def _heard(self, host: Host, told: Sequence[str]) -> None:
        """Have a host forget that others have told something of runs of ours: it is known here now."""
        with suppress(VnetshError):
            forget(self._connections.transport(host).ask, told)


def _said(name: str, value: Any, by: int, called: str) -> Any:
    """Of what is written down, the words in which our own run's number stands."""
    return value.replace(f" by {by}", f" by {called}") if name == "end" else value


def _number(name: str) -> int:
    """The run of a file's name."""
    return int(name.partition(".")[0])


def _own_open(names: Iterable[str], folder: Path) -> bool:
    """Whether of these records of ours one is open with its host that was cut off: another may have ended it."""
    numbers = [books.short(_number(name)) for name in names if name.endswith(".open")]
    found = run_files(folder) if numbers else {}
    return any(n in found and found[n].suffix == ".open" and not read(found[n])[1] for n in numbers)


def _seen(folder: Path) -> dict[str, dict[str, int]]:
    with suppress(OSError, ValueError):
        found = json.loads((folder / _SEEN).read_text())
        return {str(host): dict(files) for host, files in found.items()}
    return {}
