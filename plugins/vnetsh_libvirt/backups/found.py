"""What was found of a backup. Pure."""

from __future__ import annotations

from vnetsh.model import Resource
from vnetsh_libvirt.backups import layout
from vnetsh_libvirt.backups.layout import About


def about_of(backup: Resource) -> About | None:
    """What a backup said of itself when it was observed; None of one that said nothing, or is yet to be made."""
    text = (backup.record or {}).get("about")
    return layout.read(str(text)) if text else None


def folder_of(backup: Resource) -> str:
    """Where a backup was found."""
    return str((backup.record or {}).get("folder", ""))
