"""What the files say that a host reads at its start: of what others made there nothing else tells whether it lasts."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping

from vnetsh.hosts.transport import Transport

_FILES = (
    "/etc/network/interfaces /etc/network/interfaces.d/* /etc/netplan/* /run/netplan/* /lib/netplan/* "
    "/etc/systemd/network/* /etc/systemd/network/*.d/* /run/systemd/network/* /usr/lib/systemd/network/* "
    "/etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/* "
    "/etc/sysconfig/network-scripts/ifcfg-* /etc/sysconfig/network/ifcfg-* /etc/conf.d/net "
    "/etc/libvirt/qemu/networks/*.xml /etc/default/lxc-net /etc/cni/net.d/* /etc/docker/daemon.json "
    "/etc/rc.local /etc/local.d/* /etc/systemd/system/*.service /etc/vnetsh/at-start/*"
)
"""Of ifupdown, netplan, networkd, NetworkManager, the ifcfg of Red Hat and SUSE, Gentoo; of what makes bridges itself;
and of what people write when none of them will do."""

_ASK = f"""\
for file in {_FILES}; do
    if [ -f "$file" ] && [ -r "$file" ]; then echo "$(base64 -w0 <"$file") $file"; fi
done
"""
_NEEDS_ITS_BRIDGE = re.compile(r"<forward\s[^>]*mode=['\"]bridge['\"]")
"""What is in the file of a network of libvirt's that does not make its bridge."""


def boot_files(transport: Transport, timeout: float) -> Mapping[str, str]:
    """The texts of these files, by their paths. Raises `HostUnreachable`."""
    told = transport.ask(["sh", "-c", _ASK], timeout=timeout).stdout
    lines = (line.partition(" ") for line in told.splitlines())
    texts = {path: base64.b64decode(text).decode(errors="replace") for text, _, path in lines if path}
    return {path: text for path, text in texts.items() if not _NEEDS_ITS_BRIDGE.search(text)}


def mentioned(words: Collection[str], texts: Collection[str]) -> Collection[str]:
    """Those of these words that any of the texts has: as a word of its own, `br1` is not in `br10` or `br1.5`."""
    text = "\n".join(texts)
    return {word for word in words if re.search(rf"(?<![\w.@+-]){re.escape(word)}(?![\w@+-]|\.\w)", text)}
