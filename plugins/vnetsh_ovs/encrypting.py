"""Tunnels whose packets are encrypted (IPsec), by Open vSwitch's own daemon for that beside strongSwan or Libreswan.

That ovs-monitor-ipsec is asked to by a tunnel's option which names the certificate of its other end. What it cannot do
it tells its log alone, and packets go in the clear: so a tunnel counts as encrypted only where the daemon has agreed
and the kernel holds a policy for its packets. From then on these go encrypted, or not at all.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import VerificationFailed
from vnetsh.hosts.transport import Ask
from vnetsh.model import Change, Fleet, Host, Resource
from vnetsh_ovs.rows import Index
from vnetsh_ovsdb.operations import as_map

_DAEMON = ("ovs-appctl", "--timeout=5", "-t", "ovs-monitor-ipsec")
_SHOW = (*_DAEMON, "tunnels/show")
_SUBJECT = ("openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253", "-in")
"""As the daemon asks for it; it wants something behind the CN (Open vSwitch 3.1)."""
_CN = re.compile("CN=(.+?),")
_KEYS = ("certificate", "private_key", "ca_cert")
_FILES = (
    *("ovs-vsctl", "--timeout=5", "--if-exists", "get", "Open_vSwitch", "."),
    *(f"other_config:{key}" for key in _KEYS),
)
_EACH = re.compile(r"^(?=Interface name: )", re.MULTILINE)
_TOLD = re.compile(r"Interface name: (.+) v\d+ \((.*)\)")
_POLICY = re.compile(r"^ +src \S+ dst (\S+?)(?:/\d+)? proto (.*?) *$", re.MULTILINE)
_PACKETS = {"gre": "gre", "vxlan": "udp dport 4789", "geneve": "udp dport 6081"}
"""How a tunnel's packets stand in the kernel's policies, by its type."""
_PAUSE = 0.2


def with_encryption(resources: Sequence[Resource], ask: Ask | None) -> Sequence[Resource]:
    """Resources as the database says them; a tunnel is encrypted only where its host does it."""
    if ask is None or not any(one.kind == "tunnel" and one.get("encrypted") for one in resources):
        return resources
    told = _told(ask)
    found = []
    for one in resources:
        if one.kind == "tunnel" and one.get("encrypted") and (why := _in_the_clear(one, told)):
            one = one.with_attributes(encrypted=None, error=one.get("error") or f"not encrypted: {why}")
        found.append(one)
    return found


def _told(ask: Ask) -> str | None:
    """What the daemon says of its tunnels; None where it does not run."""
    done = ask(_SHOW)
    return None if done.returncode else done.stdout


def _in_the_clear(tunnel: Resource, told: str | None) -> str:
    """Why packets of a tunnel go in the clear; empty where they do not."""
    if told is None:
        return "no ovs-monitor-ipsec runs"
    for one in _EACH.split(told):
        head = _TOLD.match(one)
        if head is None or head[1] != tunnel.name:
            continue
        if head[2] != "CONFIGURED":
            return head[2].partition(": ")[2] or head[2]
        wanted = tunnel.text("remote"), _PACKETS.get(tunnel.text("type"), "")
        return "" if wanted in _POLICY.findall(one) else "the kernel has no policy for its packets"
    return "ovs-monitor-ipsec has not taken it up yet"


def judged(changes: Sequence[Change], fleet: Fleet, index: Index, ask: Ask) -> Iterator[Assessment]:
    """What a host has against its tunnels' encryption. Raises `HostUnreachable`."""
    lacking: tuple[str, str] | None = None
    for change in changes:
        tunnel = change.after
        differing = change.differing().keys() & {"encrypted", "remote-name"}
        if tunnel is None or not (tunnel.get("encrypted") and differing) or change.undo:
            yield Assessment()
            continue
        lacking = lacking or _lacking(fleet.hosts[tunnel.place], ask)
        why, help = _said_otherwise(tunnel, index) or lacking
        problem = Diagnostic(
            "E495",
            f"tunnel `{tunnel.name}` would not be encrypted on {tunnel.place}: {why}",
            tunnel.at("encrypted", "name"),
            "in the clear",
            help,
        )
        yield Assessment(problem=problem if why else None)


def _said_otherwise(tunnel: Resource, index: Index) -> tuple[str, str] | None:
    """What others have the same tunnel do: the daemon takes one way for its ends to prove themselves, or none."""
    spot = index.ports.get(tunnel.name)
    rows = index.interfaces(index.tables["Port"][spot.uuid]) if spot else []
    options = as_map(rows[0][1].get("options")) if rows else {}
    other = next((key for key in ("psk", "remote_cert") if key in options), "")
    if not other:
        return None
    return (
        f"it has the option `{other}`, by which its ends prove themselves otherwise",
        f"`ovs-vsctl remove interface {tunnel.name} options {other}` on both hosts",
    )


def _lacking(host: Host, ask: Ask) -> tuple[str, str]:
    """What a host lacks for IPsec, and what mends that; empty where it has all."""
    if _told(ask) is None:
        return (
            "no ovs-monitor-ipsec runs there",
            "`apt install openvswitch-ipsec libstrongswan-standard-plugins` there (Debian), and start it: "
            "`systemctl start openvswitch-ipsec`",
        )
    done = ask(_FILES)
    files = dict(zip(_KEYS, (line.strip('"') for line in done.stdout.splitlines()), strict=False))
    missing = [key for key in _KEYS if not files.get(key)]
    if missing:
        return (
            f"its Open vSwitch is not told its {' and '.join(missing)}",
            f"`ovs-vsctl set Open_vSwitch . {' '.join(f'other_config:{key}=FILE' for key in missing)}` there",
        )
    done = ask([*_SUBJECT, files["certificate"]])
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["openssl failed"])[0]
        return f"its certificate cannot be read: {said}", f"is `{files['certificate']}` there?"
    subject, name = done.stdout.strip().removeprefix("subject="), host.text("certificate-name", host.name)
    found = _CN.search(subject)
    if found is None:
        return (
            f"Open vSwitch finds no name in its certificate's subject, `{subject}`: nothing stands behind a CN",
            f"have it signed anew with more than that: `-subj /O=fleet/CN={name}`",
        )
    if found[1] != name:
        return (
            f"its certificate is one of `{found[1]}`, not of `{name}`",
            f"is it the right one? Then say so in the hosts file: `host {host.name} certificate-name {found[1]}`",
        )
    return "", ""


def see_to(changes: Sequence[Change], host: str, ask: Ask, timeout: float) -> None:
    """Wait until the tunnels of these changes are encrypted, `timeout` seconds at most. Raises `VerificationFailed`."""
    wanted = [change.after for change in changes if change.after and change.after.get("encrypted")]
    deadline = time.monotonic() + timeout
    while wanted:
        told = _told(ask)
        why = next((f"{one.name}: {why}" for one in wanted if (why := _in_the_clear(one, told))), "")
        if not why:
            return
        if time.monotonic() > deadline:
            raise VerificationFailed(
                f"{host}: tunnel {why}",
                help="what does it say? `ovs-appctl -t ovs-monitor-ipsec tunnels/show`, and the log of charon there",
            )
        time.sleep(_PAUSE)
