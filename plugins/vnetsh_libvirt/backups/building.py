"""Backups that build on one another, as they lie on a host: what changed is in one, the rest in those before it."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.errors import BackendRefused
from vnetsh.model.backups import SUFFIX
from vnetsh_libvirt.backups import layout
from vnetsh_libvirt.backups.layout import ABOUT, About
from vnetsh_libvirt.libvirt_host import LibvirtHost

_NEIGHBOURS = f'for one in "$1/$2"@*{SUFFIX}/{ABOUT}; do cat -- "$one" && printf "\\0"; done 2>/dev/null'


def read(host: LibvirtHost, folder: str) -> About:
    """What a backup says of itself. Raises `BackendRefused`."""
    text = host.transport.ask(["cat", "--", f"{folder}/{ABOUT}"], timeout=host.timeout).stdout
    try:
        return layout.read(text)
    except ValueError as error:
        raise BackendRefused(f"{host.name}: {folder} is no backup: {error}") from error


def chain(host: LibvirtHost, folder: str, about: About) -> Iterator[tuple[str, About]]:
    """A backup's folder and what it says, then of each it builds on. Raises `BackendRefused` where one is gone."""
    yield folder, about
    known = {about.id}
    while folder := layout.base_of(folder, about):
        base = about.base
        about = read(host, folder)
        if about.id != base or about.id in known:
            raise BackendRefused(
                f"{host.name}: {folder} is another backup than the one that is built on",
                help="restore another one: `show backups`",
            )
        known.add(about.id)
        yield folder, about


def builder(host: LibvirtHost, folder: str, about: About) -> str:
    """The name of a backup that builds on this one; empty where none does."""
    pool = folder.rpartition("/")[0]
    told = host.transport.ask(["sh", "-c", _NEIGHBOURS, "sh", pool, about.vm], timeout=host.timeout).stdout
    for text in told.split("\0")[:-1]:
        try:
            found = layout.read(text)
        except ValueError:
            continue
        if found.base == about.id:
            return found.name
    return ""
