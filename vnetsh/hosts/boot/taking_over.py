"""Have a host's network system leave an interface alone whose addresses another one has, and take it back."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vnetsh.hosts.boot.files import AS_IT_IS, IFUPDOWN, NETWORKD, File
from vnetsh.hosts.boot.networkd import ASKING, overriding
from vnetsh.hosts.boot.own_stanzas import given_back, options_of, set_aside

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

_INTERFACES = """\
for file in /etc/network/interfaces /etc/network/interfaces.d/*; do
    case $file in */vnetsh-*) continue;; esac
    if [ -f "$file" ] && [ -r "$file" ]; then echo "$file $(base64 -w0 "$file")"; fi
done
"""


@dataclass(frozen=True)
class OwnFiles:
    """What a host's network system has been told by others, as far as it says how interfaces get their addresses.

    `texts` are those of its files that are there; `managers` are what gives interfaces their addresses; `told` is what
    networkd was told of interfaces.
    """

    managers: Sequence[str]
    texts: Mapping[str, str]
    told: Mapping[str, str] = field(default_factory=dict)

    def changed(self, aside: Collection[str], back: Collection[str]) -> Sequence[File]:
        """What has it leave these interfaces alone, and configure those again."""
        if IFUPDOWN in self.managers:
            return [
                File(path, changed)
                for path, text in self.texts.items()
                if (changed := _changed(text, aside, back)) != text
            ]
        return [
            *(File(path) for nic in back for path in self._overriding(nic)),
            *(File(path, text) for nic in aside for path, text in self._overriding(nic).items()),
        ]

    def options(self, interface: str) -> tuple[Mapping[str, list[str]], list[str]]:
        """What an interface keeps that was said of it beside its addresses, by name, and what goes along with them."""
        if IFUPDOWN not in self.managers:
            return {}, []
        return options_of("\n".join(self.texts.values()), interface)

    def restored(self, files: Sequence[File]) -> Sequence[File]:
        """These files as they were when they were read; of those that override there were none, or the same."""
        return [File(file.path, self.texts.get(file.path)) for file in files]

    def _overriding(self, interface: str) -> Mapping[str, str]:
        """The file that networkd reads before those of others."""
        text = overriding(interface, self.told.get(interface, ""))
        path = f"/etc/systemd/network/00--vnetsh-{interface}.network"
        return {path: text} if NETWORKD in self.managers else {}


def read_own(
    transport: Transport, managers: Sequence[str], interfaces: Sequence[str], timeout: float
) -> OwnFiles:
    """Ask a host what its network system was told by others. Raises `HostUnreachable`."""
    if IFUPDOWN in managers:
        return OwnFiles(managers, _texts(transport.run(["sh", "-c", _INTERFACES], timeout=timeout).stdout))
    found, texts = OwnFiles(managers, {}), {}
    for path in [file.path for file in found.changed(interfaces, ())]:
        done = transport.run(["cat", path], timeout=timeout)
        if done.returncode == 0:
            texts[path] = done.stdout
    asked = interfaces if NETWORKD in managers else ()
    told = {nic: transport.run(["sh", "-c", ASKING, "sh", nic], timeout=timeout).stdout for nic in asked}
    return replace(found, texts=texts, told=told)


def _changed(text: str, aside: Collection[str], back: Collection[str]) -> str:
    for interface in back:
        text = given_back(text, interface)
    for interface in aside:
        text = set_aside(text, interface)
    return text


def _texts(printed: str) -> Mapping[str, str]:
    """Files by path, of what `_INTERFACES` printed."""
    return {
        path: base64.b64decode(data).decode(errors=AS_IT_IS)
        for path, _, data in (line.rpartition(" ") for line in printed.splitlines())
    }
