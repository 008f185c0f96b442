"""The file by which networkd leaves an interface alone whose addresses another one has: it comes before others'. Pure.

networkd takes the first file that fits, and no other. So what the others say of the NIC itself, and what they stack
on it (VLANs), is said again.
"""

from __future__ import annotations

from collections.abc import Sequence

# Without an address it is never more than `carrier`: else the host's start would wait for it.
_NETWORK = """\
# Written by vnetsh: this interface is a port of a bridge, which has taken over its addresses.
[Match]
Name={interface}

[Link]
RequiredForOnline=carrier
{link}
[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
{network}"""

_STACKED = frozenset({"VLAN", "MACVLAN", "MACVTAP", "IPVLAN", "IPVTAP", "VXLAN", "Tunnel", "Xfrm"})
_KEPT = _STACKED | {"LLDP", "EmitLLDP", "ConfigureWithoutCarrier", "IgnoreCarrierLoss", "BindCarrier"}
_OURS = frozenset({"RequiredForOnline", "Unmanaged"})

ASKING = """\
file=$(sed -n 's/^NETWORK_FILE=//p' "/run/systemd/netif/links/$(cat "/sys/class/net/$1/ifindex")") && [ -f "$file" ] &&
for part in "$file" /usr/lib/systemd/network/"${file##*/}".d/*.conf /run/systemd/network/"${file##*/}".d/*.conf \\
    /etc/systemd/network/"${file##*/}".d/*.conf
do if [ -f "$part" ]; then cat "$part"; echo; fi; done
"""
"""The shell command that prints what networkd was told of an interface, `$1`."""


def overriding(interface: str, told: str) -> str:
    """The file's text; `told` is what networkd was told of the interface, by others or by this file."""
    sections: dict[str, list[str]] = {"Link": [], "Network": []}
    section = ""
    for lines in _sentences(told):
        name, _, _ = lines[0].partition("=")
        name = name.strip()
        if lines[0].startswith("["):
            section = lines[0].strip("[]")
        elif name in _KEPT if section == "Network" else name not in _OURS:
            sections.get(section, []).extend(lines)
    link, network = ("".join(f"{line}\n" for line in lines) for lines in sections.values())
    return _NETWORK.format(interface=interface, link=link, network=network)


def _sentences(text: str) -> Sequence[list[str]]:
    """Its lines without comments, those together that continue each other."""
    found: list[list[str]] = []
    continued = False
    for line in (line.strip() for line in text.split("\n")):
        if not line or line[0] in "#;":
            continue
        if continued:
            found[-1].append(line)
        else:
            found.append([line])
        continued = line.endswith("\\")
    return found
