"""Secrets of pools' users: from a file here into libvirt's own secret on a host, and into nothing else.

Such a secret is called by what it opens, the pool's URL, so the XML of a disk names it without anybody's UUID.
"""

from __future__ import annotations

import base64
import binascii
import xml.etree.ElementTree as ET
from contextlib import suppress
from typing import Any

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.hosts.secret_files import read
from vnetsh.model import Resource
from vnetsh.model.disks import place_of
from vnetsh_libvirt.cleanup import leftovers_of
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.remote import folder_of, is_volume, parts_of, user_in
from vnetsh_libvirt.storage_xml import secret_uuid, secret_xml


def in_file(pool: Resource) -> bytes | None:
    """What a pool's file here has; None of one without a secret. Raises `BackendRefused`."""
    return _value(place_of(pool), pool.text("secret")) if pool.get("secret") else None


def _value(url: str, file: str) -> bytes:
    text = read(file)
    if not is_volume(url):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BackendRefused(
            f"what is in `{file}` is no key of Ceph's: it is not base64",
            help="`ceph auth get-key client.NAME` prints it: that line alone",
        ) from error


def give(host: LibvirtHost, pool: Resource) -> None:
    """Have a host's libvirt know a pool's secret, if it has one. Raises `BackendRefused`."""
    url, value = place_of(pool), in_file(pool)
    if value is None:
        return
    secret = host.call("secretDefineXML", secret_xml(url, pool.text("secret")), 0)
    reached("a secret is defined")
    host.link.call(secret.setValue, value, 0)
    host.keys.pop(url, None)
    reached("a secret is given")


def forget(host: LibvirtHost, pool: Resource) -> list[str]:
    """Have a host forget a pool's secret; in a sentence why it may still have it. One of others stays."""
    url = place_of(pool)

    def forget() -> None:
        if user_in(f"{url}/.") and (secret := _secret(host, url)) is not None:
            host.link.call(secret.undefine)

    return leftovers_of(f"the secret of {url} may be left on {host.name}", forget)


def _secret(host: LibvirtHost, url: str) -> Any:
    return host.link.find(host.link.connection.secretLookupByUUIDString, secret_uuid(url))


def file_of(host: LibvirtHost, url: str) -> str:
    """The file that a pool's secret came from; empty where a host has none, or the file here has another one now."""
    secret = _secret(host, url) if user_in(f"{url}/.") else None
    if secret is None:
        return ""
    file = ET.fromstring(host.link.call(secret.XMLDesc, 0)).findtext("description", "")
    with suppress(BackendRefused):  # it is no file of this machine, or of nobody's business here
        if _value(url, file) != host.link.quietly(secret.value, 0):
            return ""
    return file


def key_to(host: LibvirtHost, disk: str) -> str:
    """What opens a disk on a server, in base64; empty where anybody may have it. Raises `BackendRefused`.

    That of a pool which a script is yet to make comes from its file.
    """
    found, pool = parts_of(disk), folder_of(disk)
    if found is None or not found.user:
        return ""
    secret = None if pool in host.keys else _secret(host, pool)
    value = host.keys.get(pool) or (host.link.quietly(secret.value, 0) if secret is not None else None)
    if not value:
        raise BackendRefused(
            f"{host.name} has no secret of user {found.user} for {pool}",
            help=f"say it in the sentence of a pool: `pool NAME on {host.name} … user {found.user} secret FILE`",
        )
    return base64.b64encode(value).decode()
