"""The command `takeover`: what the hosts hold as a folder of scripts whose plan is empty, and what is wrong with it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vnetsh.diagnostics import Source, did_you_mean
from vnetsh.errors import UsageError
from vnetsh.export.exporting import Export, export
from vnetsh.interface.face import Face
from vnetsh.language.formatting import formatted
from vnetsh.model import Inventory
from vnetsh.nouns.doctored import counted
from vnetsh.plain_text import plain, shell_word
from vnetsh.schema import Answer, Scope, Vocabulary
from vnetsh.session import Session

HOSTS, ALL, REPORT = "hosts.vnet", "all.vnet", "REPORT.md"
_NETWORKS, _STORAGE, _VMS = "networks.vnet", "storage.vnet", "vms.vnet"
_FILES = (_NETWORKS, _STORAGE, _VMS)
"""The scripts, each of which needs only what those before it say."""


@dataclass(frozen=True)
class Found:
    """What the hosts hold, the hosts file that says which these are, and what `doctor` says of them."""

    holds: Export
    hosts: Export
    doctor: Mapping[str, Any]

    @property
    def findings(self) -> Sequence[Mapping[str, str]]:
        """What is wrong, the worst first."""
        found: Sequence[Mapping[str, str]] = self.doctor["findings"]
        return found


def takeover(face: Face, names: Sequence[str]) -> int:
    """Write the folder; the exit code: 1 where a host was not seen. Raises `UsageError`."""
    if names and any(map(str.isspace, names[0])):
        return _translate(face, names[0], names[1:])
    folder = Path(face.options.arguments.to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        help = "say another one: `--to FOLDER`; nothing is written over"
        raise UsageError(f"{folder} is there already, and not empty", help=help)
    chosen = _chosen(face.session.inventory, names)
    if chosen == face.session.inventory:
        found = _look(face.session)
    else:
        timeout = face.options.arguments.timeout
        with Session(face.session.plugins, chosen, timeout=timeout, progress=face.line) as session:
            found = _look(session)
    files = _written(found, face.session.vocabulary, folder)
    _write(folder, files)
    if face.options.json:
        data = {"folder": str(folder), "files": [*files], **found.holds.as_json(), "doctor": found.doctor}
        print(json.dumps({name: value for name, value in data.items() if name != "resources"}, indent=2))
    else:
        print("\n".join(_told(found, folder)))
    return 1 if found.holds.hidden else 0


def _chosen(inventory: Inventory, names: Sequence[str]) -> Inventory:
    """The hosts that are named, and the clusters that are on no others; without names all."""
    for name in names:
        if name not in inventory:
            help = did_you_mean(name, [*inventory], "`vnetsh show hosts` lists them")
            raise UsageError(f"there is no host `{name}`", help=help)
    chosen = {name: place for name, place in inventory.items() if name in names}
    return {
        name: place
        for name, place in inventory.items()
        if not names or name in chosen or (place.hosts and chosen.keys() >= {*place.hosts})
    }


def _look(session: Session) -> Found:
    answers: list[Answer] = []
    session.apply(session.prepare(Source("<takeover>", "doctor")), answers.append)
    data = answers[0].data
    assert isinstance(data, dict)
    places = [kind.plural for kind in session.vocabulary.kinds.values() if kind.scope is Scope.INVENTORY]
    hosts = export(session, [word for word in places if session.kind_of_word(word)], keep_going=True)
    return Found(export(session, (), keep_going=True), hosts, data)


def _file_of(kind: str, vocabulary: Vocabulary) -> str:
    """The script that has the sentences of a kind: with vms is all that needs one."""
    waiting, needs = [kind], set[str]()
    while waiting:
        if (one := waiting.pop()) not in needs and one in vocabulary.kinds:
            needs.add(one)
            waiting += vocabulary.kinds[one].requires
    if "vm" in needs:
        return _VMS
    return _STORAGE if kind in ("pool", "image") else _NETWORKS


def _written(found: Found, vocabulary: Vocabulary, folder: Path) -> Mapping[str, str]:
    """The files of the folder, each with its text."""
    parts: dict[str, list[str]] = {name: [] for name in _FILES}
    for kind, text in found.holds.chapters:
        parts[_file_of(kind, vocabulary)].append(text)
    texts = {name: "\n".join(said) for name, said in parts.items() if said}
    whole = "# All of it: `vnetsh plan` of this says what is otherwise than it was.\n"
    whole += "".join(f'include "{name}"\n' for name in texts)
    report = "\n".join(_report(found, folder)) + "\n"
    return {HOSTS: found.hosts.text, **texts, ALL: whole, REPORT: report}


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """All of it or nothing: it is written beside, and called so when it is whole. Raises `UsageError`."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            made = Path(scratch) / folder.name
            made.mkdir()
            for name, text in files.items():
                (made / name).write_text(text, "utf-8")
            made.rename(folder)
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}") from error


def _report(found: Found, folder: Path) -> Iterator[str]:
    """What a person reads first, as Markdown."""
    where = shell_word(str(folder))
    yield "# What these hosts hold, and what is wrong with it"
    yield ""
    yield f"The scripts say what is there now; `vnetsh --hosts {where}/{HOSTS} plan {where}/{ALL}` changes nothing."
    yield "What no sentence mentions stays as it is."
    headings = {"error": "Errors", "warning": "Warnings", "note": "Notes"}
    for severity, heading in headings.items():
        some = [one for one in found.findings if one["severity"] == severity]
        if some:
            yield f"\n## {heading}\n"
        for one in some:
            mend = f" To see to: {plain(one['mend'])}." if one["by"] == "advice" else ""
            mend = f" Mended by: {_code(one['mend'])}" if one["mend"] and not mend else mend
            yield f"- {one['kind']} {_code(one['name'])} on {_code(one['host'])}: {plain(one['says'])}.{mend}"
    if found.holds.unsaid:
        yield "\n## What the scripts do not say\n"
        for unsaid in found.holds.unsaid:
            what, how = unsaid.resource, "is left out" if unsaid.whole else "has more"
            yield f"- {what.kind} {_code(what.name)} on {_code(what.place)} {how}: {plain(unsaid.reason)}"
    if found.holds.hidden:
        yield "\n## What was not seen\n"
        yield from (f"- {plain(one)}" for one in found.holds.hidden)
    if not any((found.findings, found.holds.unsaid, found.holds.hidden)):
        yield "\nNothing is wrong, and nothing is left out."


def _code(words: str) -> str:
    """Words that others chose, so that Markdown takes them for nothing else."""
    words = plain(words)
    ticks = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{ticks} {words} {ticks}" if "`" in words else f"`{words}`"


def _told(found: Found, folder: Path) -> Iterator[str]:
    where = shell_word(str(folder))
    things, unsaid = counted("thing", len(found.holds.resources)), counted("remark", len(found.holds.unsaid))
    faults = ", ".join(counted(one, found.doctor[f"{one}s"]) for one in ("error", "warning", "note"))
    yield f"{folder}: {things}, {unsaid} on what no sentence says"
    yield f"{folder / REPORT}: {faults}"
    yield from (plain(one) for one in found.holds.hidden)
    yield f"next: vnetsh --hosts {where}/{HOSTS} plan {where}/{ALL}"


def _translate(face: Face, line: str, hosts: Sequence[str]) -> int:
    """Print what another tool's command line comes to. Raises `UsageError`."""
    from vnetsh.interface.other_tools.command_lines import said_of

    known = face.session.hosts
    _chosen(known, hosts)
    host = hosts[0] if hosts else next(iter(known)) if len(known) == 1 else "HOST"
    found = said_of(line, host, {address: name for name, one in known.items() for address in one.addresses})
    if face.options.json:
        print(json.dumps({"sentences": found.sentences, "remarks": found.remarks}, indent=2))
        return 0
    for remark in found.remarks:
        print(f"# {plain(remark)}")
    text = "".join(f"{sentence}\n" for sentence in found.sentences)
    print(formatted(Source("<takeover>", text)), end="")
    return 0
