"""The noun `cloudinit`: what a vm's guest is told when it boots, by a NoCloud seed; a part of the vm's sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource, Value
from vnetsh.schema import Attribute, InterfaceAddress, Ipv4Address, Kind, Name, Part, Text

if TYPE_CHECKING:
    from vnetsh.schema.lent import Resolving
    from vnetsh.schema.phrase import Phrase

MOST = 16 * 1024
"""Bytes of a file of user-data: what clouds take."""

USER_DATA = "user-data"


class UserData(Text):
    """A file; its value is what is in it."""

    def show(self, value: Value) -> str:
        """How it begins, and how much there is of it."""
        text = str(value)
        return f"{text.splitlines()[0][:40]} … ({len(text)} characters)" if "\n" in text else text


WORDS = (
    Attribute("hostname", Name(what="a host's name"), "What the guest calls itself.", otherwise="as its vm"),
    Attribute(
        "user",
        Name(what="a user's name"),
        "A user that may log in by the `ssh-keys`, and do all by `sudo`.",
        otherwise="the image's own",
    ),
    Attribute(
        "ssh-keys",
        Text(what="a list of public keys", many=True),
        "Keys of the `user` or, without one, of the image's own user.",
        otherwise="none",
    ),
    Attribute(
        "addresses",
        InterfaceAddress(what="a list of addresses", many=True),
        "Addresses of its first NIC.",
        otherwise="what its network tells (DHCP)",
    ),
    Attribute("gateway", Ipv4Address(), "The router of its first NIC.", otherwise="what its network tells"),
    Attribute(
        "nameservers",
        Ipv4Address(what="a list of addresses", many=True),
        "Its name servers.",
        otherwise="what its network tells",
    ),
    Attribute(
        USER_DATA,
        UserData(what="a file"),
        "A file beside the script that is handed on as it is, in place of `user` and `ssh-keys`.",
        otherwise="made of the others",
        column=False,
        local=True,
        excludes=("user", "ssh-keys"),
    ),
)

CLOUDINIT = Part(
    "cloudinit",
    help="What its guest is told when it boots, by a NoCloud seed in a CD drive of its own.",
    kind="cloudinit",
    attributes=WORDS,
)


def seed_of(declaration: Phrase, part: Phrase, host: str, resolver: Resolving) -> Resource:
    """The seed that a part of a vm's sentence declares."""
    values = {key: part.value(key) for key in part.attributes}
    if values.get(USER_DATA):
        values[USER_DATA] = _content(part, str(values[USER_DATA]), resolver)
    name = f"{declaration.name}/cloudinit"
    return Resource(
        "cloudinit", name, host, values, ("vm", declaration.name), span=part.span, words=part.words
    )


def _content(part: Phrase, said: str, resolver: Resolving) -> str:
    """What is in a file; said relative to the script."""
    path, problem = Path(part.span.source.name).parent / said, ""
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
        text = data.decode()
        problem = f"it has more than {MOST} bytes" if len(data) > MOST else "" if text else "it is empty"
    except (OSError, UnicodeDecodeError) as error:
        text, problem = "", str(error.strerror if isinstance(error, OSError) else error)
    if problem:
        resolver.refuse(
            Diagnostic(
                "E473",
                f"`{said}` cannot be handed to a guest: {problem}",
                part.place(USER_DATA),
                help="a text file beside the script: its name is relative to that",
            )
        )
    return text


def exported_seed(seed: Resource) -> Resource:
    """A seed as its vm's sentence says it: what was in a file is no word of it."""
    return replace(seed, attributes={k: v for k, v in seed.attributes.items() if k != USER_DATA})


CLOUDINIT_KIND = Kind(
    "cloudinit",
    plural="cloudinits",
    subject=Name(what="a seed, `VM/cloudinit`", qualified=True, never=""),
    help="What a vm's guest is told when it boots. Said inside `vm` sentences; elsewhere it is `VM/cloudinit`.",
    attributes=(
        Attribute("vm", Name(what="a vm", ref="vm"), "The vm that has it.", settable=False),
        *WORDS,
        Attribute("path", Text(what="a file"), "The seed's file on the host.", settable=False, column=False),
    ),
    sayable=False,
    brings=(),
)
