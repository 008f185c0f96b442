"""Where the hosts come from: a world (`--demo`, `--lab`) or a hosts file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vnetsh.binding import bind
from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source, Span
from vnetsh.errors import UsageError
from vnetsh.expanding import Expander
from vnetsh.model import Inventory
from vnetsh.parsing import Parsed, parse
from vnetsh.resolve import Resolver
from vnetsh.schema import Kind, Scope, Vocabulary


def hosts_file(named: str | None) -> Path | None:
    """The hosts file: the one named, `$VNETSH_HOSTS`, `./hosts.vnet`, the user's config folder's; or none."""
    asked = named or os.environ.get("VNETSH_HOSTS")
    if asked:
        if not Path(asked).is_file():
            raise UsageError(
                f"there is no hosts file {asked}", help="a line for each host: `host kvm1 address 192.0.2.1`"
            )
        return Path(asked)
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("hosts.vnet"), config / "vnetsh" / "hosts.vnet")
    return next((place for place in places if place.is_file()), None)


def read_source(path: Path, included: Span | None = None) -> Source:
    """A script's text, without the mark that some editors put before it. Raises `UsageError`."""
    try:
        return Source(str(path), path.read_text(encoding="utf-8-sig"), included)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8", help=f"byte {error.start} is wrong") from error


def replace_file(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all; its mode stays. Raises `UsageError`."""
    new = path.with_name(f".{path.name}.vnetsh")
    try:
        new.write_text(text, encoding="utf-8")
        new.chmod(path.stat().st_mode)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def read_included(path: Path, at: Span) -> Parsed:
    """A script that another one includes, named as a reader of that one would. Raises `UsageError`."""
    with suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return parse(read_source(path, at))


def load_hosts(path: Path, vocabulary: Vocabulary) -> Inventory:
    """The hosts of a hosts file, which holds nothing else. Raises `ProblemsFound`, `UsageError`."""
    expander = Expander(read_included, {}, {})
    expander.expand(parse(read_source(path)))
    expanded = expander.result()
    phrases, problems = bind(expanded.sentences, vocabulary)
    resolver = Resolver(phrases, {}, vocabulary)
    for phrase in phrases:
        if not (isinstance(phrase.schema, Kind) and phrase.schema.scope is Scope.INVENTORY):
            problems.append(
                Diagnostic(
                    "E109",
                    f"a hosts file holds no `{phrase.schema.name}`",
                    phrase.span,
                    help="only `host` sentences; the others go into a script",
                )
            )
    script = resolver.resolve()
    found = [*expanded.problems, *problems] or resolver.problems
    if found:
        raise ProblemsFound(found)
    return script.inventory
