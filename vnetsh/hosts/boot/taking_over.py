"""Have a host's network system leave an interface alone whose addresses another one has, and take it back."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vnetsh.hosts.boot.files import File
from vnetsh.hosts.boot.own_stanzas import given_back, options_of, set_aside

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

IFUPDOWN = "ifupdown"

_INTERFACES = """\
for file in /etc/network/interfaces /etc/network/interfaces.d/*; do
    case $file in */vnetsh-*) continue;; esac
    if [ -r "$file" ]; then echo "$file $(base64 -w0 "$file")"; fi
done
"""
_NETWORK = """\
# Written by vnetsh: this interface is a port of a bridge, which has taken over its addresses.
[Match]
Name={interface}

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
_CONF = """\
# Written by vnetsh: this interface is a port of a bridge, which has taken over its addresses.
[keyfile]
unmanaged-devices+=interface-name:{interface}
"""


@dataclass(frozen=True)
class OwnFiles:
    """What a host's network system has been told by others, as far as it says how interfaces get their addresses.

    `texts` are those of its files that are there; `managers` are what gives interfaces their addresses.
    """

    managers: Sequence[str]
    texts: Mapping[str, str]

    def aside(self, interface: str) -> Sequence[File]:
        """What has it leave an interface alone."""
        if IFUPDOWN in self.managers:
            return self._changed({path: set_aside(text, interface) for path, text in self.texts.items()})
        return [File(path, text) for path, text in self._overriding(interface).items()]

    def back(self, interface: str) -> Sequence[File]:
        """What has it configure an interface again."""
        if IFUPDOWN in self.managers:
            return self._changed({path: given_back(text, interface) for path, text in self.texts.items()})
        return [File(path) for path in self._overriding(interface)]

    def options(self, interface: str) -> tuple[list[str], list[str]]:
        """What an interface keeps that was said of it beside its addresses, and what goes along with them."""
        if IFUPDOWN not in self.managers:
            return [], []
        found = [options_of(text, interface) for text in self.texts.values()]
        return [line for keeps, _ in found for line in keeps], [line for _, goes in found for line in goes]

    def restored(self, files: Sequence[File]) -> Sequence[File]:
        """These files as they were when they were read; of those that override there were none, or the same."""
        return [File(file.path, self.texts.get(file.path)) for file in files]

    def _changed(self, texts: Mapping[str, str]) -> Sequence[File]:
        return [File(path, text) for path, text in texts.items() if text != self.texts[path]]

    def _overriding(self, interface: str) -> Mapping[str, str]:
        """Files that networkd and NetworkManager read before those of others."""
        texts = {
            "networkd": (f"/etc/systemd/network/05-vnetsh-{interface}.network", _NETWORK),
            "NetworkManager": (f"/etc/NetworkManager/conf.d/90-vnetsh-{interface}.conf", _CONF),
        }
        found = [texts[manager] for manager in self.managers if manager in texts]
        return {path: text.format(interface=interface) for path, text in found}


def read_own(
    transport: Transport, managers: Sequence[str], interfaces: Sequence[str], timeout: float
) -> OwnFiles:
    """Ask a host what its network system was told by others. Raises `HostUnreachable`."""
    if IFUPDOWN in managers:
        return OwnFiles(managers, _texts(transport.run(["sh", "-c", _INTERFACES], timeout=timeout).stdout))
    found, texts = OwnFiles(managers, {}), {}
    for path in [file.path for interface in interfaces for file in found.aside(interface)]:
        done = transport.run(["cat", path], timeout=timeout)
        if done.returncode == 0:
            texts[path] = done.stdout
    return replace(found, texts=texts)


def _texts(printed: str) -> Mapping[str, str]:
    """Files by path, of what `_INTERFACES` printed; what is no text is left as it is."""
    found = {}
    for path, data in (line.split(" ") for line in printed.splitlines()):
        with suppress(UnicodeDecodeError):
            found[path] = base64.b64decode(data).decode()
    return found
