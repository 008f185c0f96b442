"""What a diagnostic's code means, for someone who met it: the cause, a script that yields it, the mended one.

Data that the core and the plugins register with the vocabulary; `vnetsh explain` and the shell's `help` show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


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
