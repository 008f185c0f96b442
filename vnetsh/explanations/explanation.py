"""What a diagnostic's code means, for someone who met it: the cause, a script that yields it, the mended one.

Data of the core and the plugins, who register only where it is: it is read when somebody asks (`vnetsh explain`,
the shell's `help`), and never at start-up.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from vnetsh.errors import PluginBroken


@dataclass(frozen=True)
class Explanation:
    """One code.

    `wrong` is a short script that yields exactly this code on demo hosts (`--demo`), in a folder with a file
    `hosts.vnet`; `right` is the mended one. `before` is run first, where the code comes of what the hosts hold.
    A code that only real hosts yield has none of them, and its `cause` says the remedy too.
    """

    code: str
    title: str
    cause: str
    wrong: str = ""
    right: str = ""
    before: str = ""

    def as_json(self) -> Mapping[str, str]:
        """The stable JSON form."""
        return asdict(self)


def load_explanations(places: Iterable[tuple[str, str]]) -> dict[str, Explanation]:
    """What plugins explain, by code, from `(plugin, "module:NAME")`; NAME is an iterable of `Explanation`.

    Raises `PluginBroken` when one cannot be read, and when two explain the same code.
    """
    found: dict[str, Explanation] = {}
    owners: dict[str, str] = {}
    for plugin, place in places:
        try:
            explanations: tuple[Explanation, ...] = tuple(pkgutil.resolve_name(place))
        except Exception as error:  # a plugin can raise anything
            raise PluginBroken(
                f"the explanations of {plugin} cannot be read: {type(error).__name__}: {error}",
                help=f"they should be in {place}",
            ) from error
        for explanation in explanations:
            owner = owners.setdefault(explanation.code, plugin)
            if explanation.code in found:
                raise PluginBroken(
                    f"code `{explanation.code}` is explained by two plugins: {owner} and {plugin}",
                    help="uninstall one of them",
                )
            found[explanation.code] = explanation
    return found
