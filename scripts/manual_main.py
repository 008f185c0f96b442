"""The manual pages of docs/man/, from the data that docs/reference/ is made of. `scripts/reference` writes them."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reference_main import commands, option_text, options, own_plugins, sentenced, values_known

from vnetsh import __version__
from vnetsh.interface.arguments import parsers
from vnetsh.interface.help import slot, usage
from vnetsh.registry import Plugins
from vnetsh.schema import CONTROL, Attribute, Kind, SentenceSchema

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "man"

_EXIT = (
    ("0", "Done; nothing to do is done, too."),
    ("1", "A host failed or refused, or what was asked is not so. What was undone is said."),
    ("2", "The script or the call is wrong. Nothing was touched."),
    ("3", "There are changes: of `plan --exit-code` and `drift` only."),
    ("130", "Interrupted."),
)
_ENVIRONMENT = (
    ("VNETSH_HOSTS", "The hosts file, where `--hosts` does not say it."),
    ("VNETSH_METRICS", "The textfile for Prometheus that is written after each run; none without it."),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_…",
        "Where spans of runs go, with the extra `otel`; nowhere without them.",
    ),
    ("VNETSH_OTEL_LOG", "A file for what goes wrong with sending spans."),
    ("NO_COLOR", "No colours, whatever it is set to."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME", "Other places for the files below."),
    ("VNETSH_LAB_DIR", "The folder of the lab's files."),
)
_FILES = (
    ("./hosts.vnet", "The hosts: a line for each, `host kvm1 address 192.0.2.11`."),
    ("~/.config/vnetsh/hosts.vnet", "The same, where the folder that one is in has none."),
    ("~/.config/vnetsh/config.toml", "Keys and colours of the shell."),
    ("~/.local/state/vnetsh/runs/", "What was done, so that it can be undone or finished."),
    ("~/.local/state/vnetsh/history", "What was typed in the shell."),
)
_LANGUAGE = (
    "One sentence a line; `;` separates too; `#` begins a comment, `\\` at the end of a line goes on with the next, "
    "`{ }` holds blocks. A sentence is a noun or a verb, a name, and pairs of a key and a value, without `=`; quotes "
    "only where a value has blanks.",
    "Nouns declare what there should be: what a sentence does not mention stays as it is, `none` clears a value, and "
    "said twice it changes nothing. Verbs act, in their order.",
    "How it is learned: the tutorial, docs/language.md. What a word means with the plugins that are installed: "
    "`vnetsh help WORD`.",
)


def pages() -> Mapping[str, str]:
    """Every page's text, by its file's name."""
    plugins = own_plugins()
    return {
        "vnetsh.1": "\n".join(_command_page(plugins)) + "\n",
        "vnetsh-language.7": "\n".join(_language_page(plugins)) + "\n",
    }


def _head(name: str, section: int, about: str) -> Iterator[str]:
    yield r".\" Written by scripts/reference: change the data, not this page."
    yield f'.TH {name.upper()} {section} "" "vnetsh {__version__}"'
    yield ".SH NAME"
    yield rf"{_escaped(name)} \- {about}"


def _command_page(plugins: Plugins) -> Iterator[str]:
    main = parsers(plugins)[""]
    common = {flag for action in main._actions for flag in action.option_strings}
    yield from _head(
        "vnetsh", 1, "a shell and a small language for the networks and VMs of several KVM hosts"
    )
    yield ".SH SYNOPSIS"
    yield r"\fBvnetsh\fP [options] [\fIFILE\fP... | \- | \fB\-c\fP \fISCRIPT\fP]"
    yield ".br"
    yield r"\fBvnetsh\fP \fICOMMAND\fP ..."
    yield ".SH DESCRIPTION"
    yield _text(
        "You say what the network and the VMs of several hosts should look like; vnetsh shows what that would change "
        "and what it would cost, does it on all hosts at once, checks that it really happened, and takes it back when "
        "it did not. Without a script it is a shell, or runs what is piped in. Nothing is installed on the hosts: ssh "
        "is the only way in."
    )
    yield ".PP"
    yield _text(
        "A line that begins with a noun or verb of the language is a sentence: `vnetsh migrate web to kvm2`."
    )
    yield ".SH OPTIONS"
    yield from _options(main, set())
    yield ".SH COMMANDS"
    for name, parser, help in commands(plugins):
        yield f'.SS "{_escaped(name)}"'
        yield _text(help)
        yield from _options(parser, common if name.split()[1] not in plugins.commands else set())
    yield from _list("EXIT STATUS", _EXIT)
    yield from _list("ENVIRONMENT", _ENVIRONMENT)
    yield from _list("FILES", _FILES)
    yield ".PP"
    yield _text("`vnetsh config` tells where they are, and which there are.")
    yield ".SH EXAMPLES"
    yield ".nf"
    for line in (
        "vnetsh --demo",
        "vnetsh plan network.vnet",
        "vnetsh -c 'bridge vswitch02 on kvm1'",
        "vnetsh undo",
    ):
        yield _escaped(line)
    yield ".fi"
    yield ".SH SEE ALSO"
    yield r".BR vnetsh\-language (7),"
    yield ".BR ssh (1),"
    yield ".BR virsh (1),"
    yield r".BR ovs\-vsctl (8)"


def _options(parser: argparse.ArgumentParser, known: set[str]) -> Iterator[str]:
    for action in options(parser, known):
        if (action.help or action.choices) and action.metavar != "":
            yield ".TP"
            yield f".B {_escaped(option_text(action).replace('`', ''))}"
            yield _text(sentenced(action.help or ""))


def _language_page(plugins: Plugins) -> Iterator[str]:
    vocabulary = plugins.vocabulary
    yield from _head("vnetsh-language", 7, "the nouns, verbs and values of vnetsh")
    yield ".SH DESCRIPTION"
    for text in _LANGUAGE:
        yield _text(text)
        yield ".PP"
    yield _text("Words in capitals stand for values: see VALUES.")
    groups: Mapping[str, Sequence[SentenceSchema]] = {
        "NOUNS": [kind for kind in vocabulary.kinds.values() if kind.sayable],
        "VERBS": list(vocabulary.verbs.values()),
        "THE LANGUAGE'S OWN": list(CONTROL.values()),
    }
    for title, schemas in groups.items():
        yield f'.SH "{title}"'
        for schema in schemas:
            yield from _sentence(schema)
    yield from _list("VALUES", list(values_known()))
    yield ".SH SEE ALSO"
    yield ".BR vnetsh (1)"


def _sentence(schema: SentenceSchema) -> Iterator[str]:
    yield f".SS {_escaped(schema.name)}"
    yield _text(schema.help)
    for one in (*((schema,) if schema.bare else ()), *schema.parts, *schema.forms):
        yield ".PP"
        yield f".B {_escaped(usage(one) if one is schema or one in schema.forms else f'... {usage(one)}')}"
        if one is not schema:
            yield ".br"
            yield _text(one.help)
        for operand in one.operands:
            yield from _key(slot(operand.type), operand)
        for attribute in one.attributes:
            yield from _key(attribute.name, attribute)
    if schema.example and not (isinstance(schema, Kind) and not schema.sayable):
        yield ".PP"
        yield "For example:"
        yield ".PP"
        yield ".nf"
        yield from (_escaped(line) for line in schema.example.splitlines())
        yield ".fi"


def _key(name: str, attribute: Attribute) -> Iterator[str]:
    notes = [attribute.type.describe(), *attribute.notes()]
    if attribute.unsaid():
        notes.append(f"default: {attribute.unsaid()}")
    if attribute.backends:
        notes.append(f"with {', '.join(attribute.backends)} only")
    yield ".TP"
    yield f".B {_escaped(name)}"
    yield _text(f"{attribute.help} ({'; '.join(notes)})")


def _list(title: str, items: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f'.SH "{title}"'
    for name, text in items:
        yield ".TP"
        yield f".B {_escaped(name)}"
        yield _text(text)


def _text(text: str) -> str:
    """A paragraph in lines; what stands between backquotes is bold."""
    parts = text.replace("\n", " ").split("`")
    kept = [part.replace(" ", "\t") for part in parts]
    marked = "".join(f"\0{part}\1" if number % 2 else parts[number] for number, part in enumerate(kept))
    lines = textwrap.wrap(marked, 72, expand_tabs=False, break_long_words=False, break_on_hyphens=False)
    text = "\n".join(map(_escaped, lines))
    return text.replace("\t", " ").replace("\0", r"\fB").replace("\1", r"\fP")


def _escaped(text: str) -> str:
    """Text that roff prints as it is, on a line of its own."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("…", "...").replace("→", r"\(->")
    text = text.replace("'", r"\(aq").replace("^", r"\(ha").replace("~", r"\(ti")
    return rf"\&{text}" if text.startswith(".") else text


def main() -> int:
    """Write both pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
