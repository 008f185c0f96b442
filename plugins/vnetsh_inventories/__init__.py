"""`vnetsh export -o ansible-inventory` and `-o containerlab`: what the hosts hold, for other tools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetsh.hookspecs import CommandRegistry, Export, hookimpl

if TYPE_CHECKING:
    from vnetsh.model import Fleet


def _text(form: str, fleet: Fleet) -> str:
    from vnetsh_inventories.inventories import text

    return text(form, fleet)


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register both forms."""
    for form in ("ansible-inventory", "containerlab"):
        commands.add_export(Export(form, partial(_text, form)))
