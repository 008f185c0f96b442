"""`vnetsh export -o netbox`: what the hosts hold, for NetBox; compared with a server, and written to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.hookspecs import CommandRegistry, Export, hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import Delivery
    from vnetsh.model import Fleet


def _text(fleet: Fleet) -> str:
    from vnetsh_netbox.objects import text

    return text(fleet)


def _deliver(delivery: Delivery) -> bool:
    from vnetsh_netbox.syncing import deliver

    return deliver(delivery)


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register the form."""
    commands.add_export(Export("netbox", _text, deliver=_deliver))
