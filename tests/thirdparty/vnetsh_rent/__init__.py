"""A plugin whose sentences have every shape that a schema can say: hosts that are rented out to customers.

It keeps what it makes in memory, so that the shapes can be tried on demo hosts.
"""

from __future__ import annotations

from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh_rent.acting import ASSURE_VM, VERBS
from vnetsh_rent.keeping import Ledger
from vnetsh_rent.nouns import KINDS


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The nouns and verbs."""
    for kind in KINDS:
        kinds.add(kind)
    for verb in VERBS:
        kinds.add_verb(verb)
    kinds.add_form("assure", ASSURE_VM)


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend."""
    backends.add(Ledger())
