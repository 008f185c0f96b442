"""The noun `fence`: how the cluster makes certain that a host is off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import HOSTS, Attribute, BadValue, Kind, Name, Text
from vnetsh_pacemaker.nouns.words import OBSERVED
from vnetsh_pacemaker.sort import BAD_OPTION, CLUSTER, OUTDATED, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


_SECRET = re.compile(r"passw|secret|token|(?<!ssh)key|community", re.IGNORECASE)


def is_secret(option: str) -> bool:
    """Whether an option of an agent is what nobody is to see; the program that tells it is none."""
    return bool(_SECRET.search(option)) and not option.endswith(("_script", "_file", "-file"))


@dataclass(frozen=True)
class Pairs(Text):
    """Options, each a name and a value: `ip=192.0.2.1`."""

    def parse(self, text: str) -> str:
        """The pair itself."""
        name, equals, value = text.partition("=")
        if not (name and equals and value) or not name.replace("-", "").replace("_", "").isalnum():
            raise BadValue(
                f"`{text}` is not {self.what}", 'each is a name and a value, in quotes: `"ip=192.0.2.1"`'
            )
        return text


def _settle(fence: Resource, settler: Settling) -> Sequence[Resource]:
    """A device of which no hosts are said is for the one that it is called after; what is secret is said so."""
    for option in listed(fence.get("options")):
        name = option.partition("=")[0]
        if is_secret(name):
            problem = (
                f"`{name}` of fence `{fence.name}` is a secret, and plans, journals and the CIB would show it"
            )
            help = f'put it into a file, and say `secrets "{name}=FILE"`'
            settler.refuse(Diagnostic(BAD_OPTION, problem, fence.at("options"), help=help))
            return []
    if found := settler.fleet.resources.get(fence.key):
        said = {one.partition("=")[0] for one in listed(fence.get("secrets"))}
        left = tuple(one for one in listed(found.get(OUTDATED)) if one not in said)
        return [fence.with_attributes(**{OUTDATED: left or None}) if said else fence]
    if fence.get("hosts") is not None:
        return [fence]
    return [fence.with_attributes(hosts=(fence.name,))]


FENCE_KIND = Kind(
    "fence",
    subject=Name(what="a host's name, or another one"),
    help="How the cluster makes certain that a host is off before it starts elsewhere what ran there.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute("by", Name(what="a fencing agent"), "The fencing agent.", required=True, immutable=True),
        Attribute("hosts", HOSTS, "The hosts that it fences.", otherwise="the one that it is called after"),
        Attribute(
            "options",
            Pairs(what="a list of an agent's options", many=True, ordered=False),
            'What the agent is told: `"ip=192.0.2.1", "lanplus=1"`. `stonith_admin --metadata -a AGENT` lists them.',
            otherwise="none",
            column=False,
        ),
        Attribute(
            "secrets",
            Pairs(what="a list of an agent's options, each with a file here", many=True, ordered=False),
            "What the agent is told and nobody else: each option with the file, on this machine, that has its value.",
            otherwise="none",
            column=False,
            local=True,
        ),
        Attribute(
            OUTDATED,
            Text(what="a list", many=True, ordered=False),
            "The secrets whose files here say something else than a host of the cluster was given.",
            settable=False,
            column=False,
        ),
        *OBSERVED,
    ),
    brings=(),
    settle=_settle,
    example='fence kvm1 by fence_ipmilan options "ip=192.0.2.11", "username=admin" secrets "password=ipmi-kvm1"',
)
