"""Whether what limits a port, or does it harm, is at work: vswitchd only writes into its log that it is not."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.hosts.transport import Ask, Transport
from vnetsh.model import Change, Value
from vnetsh.schema import Duration, Percent, Rate, ValueType
from vnetsh_ovs.fields import LIMITS
from vnetsh_ovs.rows import has_qos, record_of

_SHAPED = r"""
command -v tc >/dev/null || exit 1
for port; do
    tc class show dev "$port" 2>/dev/null | sed -n "s/^class htb 1:fffe root .* ceil \([^ ]*\).*/$port rate \1/p"
    netem=$(tc qdisc show dev "$port" root 2>/dev/null | grep '^qdisc netem ') || continue
    for what in delay loss; do
        echo "$netem" | sed -n "s/.* $what \([^ ]*\).*/$port $what \1/p"
    done
done
exit 0
"""
_NETEM = """
modprobe -n -q sch_netem && exit
for file in "/boot/config-$(uname -r)" /proc/config.gz; do
    zgrep -qs '^CONFIG_NET_SCH_NETEM=y' "$file" && exit
done
exit 1
"""
"""Whether the kernel has it, at hand or as a module that it would load; loads nothing."""
_BARED = r"""
for port; do
    if tc qdisc show dev "$port" root 2>/dev/null | grep -Eq '^qdisc (htb|netem) 1: '; then
        tc qdisc del dev "$port" root
    fi
done
"""
"""Only what is as vswitchd makes it."""
_HARM = ("delay", "loss")
_AMOUNT = re.compile(r"([0-9.]+)([KMGT]?bit|us|ms|s|%)", re.ASCII)
_UNITS = {
    "bit": 1,
    "Kbit": 10**3,
    "Mbit": 10**6,
    "Gbit": 10**9,
    "Tbit": 10**12,
    "us": 0.001,
    "ms": 1,
    "s": 1000,
    "%": 100,
}
"""As sentences count: bits a second, milliseconds, hundredths of a percent."""
_SAID = {"inbound": "rate", "outbound": "rate", "delay": "delay", "loss": "loss"}
_TYPES: Mapping[str, ValueType] = {"rate": Rate(), "delay": Duration(), "loss": Percent()}
_WORDS = {
    "rate": ("is not limited", "is limited", "to"),
    "delay": ("does not delay packets", "delays packets", "by"),
    "loss": ("does not lose packets", "loses packets", "by"),
}
_NEAR = 0.01
"""The kernel counts whole bytes, and `tc` shows three digits at least."""


def bring_about(changes: Sequence[Change], there: Container[str], ask: Ask) -> None:
    """Do what vswitchd leaves undone (3.1): a port or an uplink that goes keeps its limit, delay or loss, which
    its device is to lose; and where these two change it keeps the old ones. Raises `HostUnreachable`.

    `there` are the ports that there are now.
    """
    bare = [name for _, name in going(changes) if name not in there]
    for argv in barely(bare):
        ask(argv)
    for change in (change for change in changes if change.resource.kind == "port"):
        before, after = change.before, change.after
        if before and after and all(any(map(one.get, _HARM)) for one in (before, after)):
            delay, loss = (after.get(name) for name in _HARM)
            words = [
                *(["delay", f"{delay}ms"] if delay else []),
                *(["loss", Percent().show(loss)] if loss else []),
            ]
            qdisc = ["tc", "qdisc", "replace", "dev", after.name, "root", "handle", "1:"]
            ask([*qdisc, "netem", "limit", "1000", *words])


def barely(ports: Sequence[str]) -> Iterator[Sequence[str]]:
    """The command by which the devices of ports lose what vswitchd leaves of their limits, if there are any."""
    if ports:
        yield ["sh", "-c", _BARED, "sh", *ports]


def going(changes: Sequence[Change]) -> Iterator[tuple[Change, str]]:
    """The devices that are to lose what limits them, each with the change that says so: of ports and of uplinks that
    go. A change that is taken back may leave an uplink as a port.
    """
    for change in changes:
        before, after = change.before, change.after
        if before and before.kind == "port" and after is None and any(map(before.get, LIMITS)):
            yield change, before.name
        elif before and before.kind == "bridge" and (after is None or "uplink" in change.differing()):
            uplink = before.text("uplink")
            if has_qos(record_of(before), uplink):
                yield change, uplink


def otherwise(transport: Transport, changes: Sequence[Change], timeout: float) -> Iterator[str]:
    """Ports that are not limited, or do not delay and lose packets, as these changes have it; in words.

    In either datapath it is the kernel that does so to what is sent by a device. Nothing where the host cannot show
    that. Raises `HostUnreachable`.
    """
    ports = {
        change.after.name: {_SAID[name]: v for name in LIMITS if (v := change.after.get(name)) is not None}
        for change in changes
        # Taken back it has again what others gave it, whatever that is.
        if change.after
        and not change.undo
        and change.after.kind == "port"
        and LIMITS.keys() & change.differing().keys()
    }
    if not ports:
        return
    shaped = transport.ask(["sh", "-c", _SHAPED, "sh", *ports], timeout=timeout)
    if shaped.returncode:
        return
    found = _found(shaped.stdout)
    for port, wanted in ports.items():
        for what, (does_not, does, by) in _WORDS.items():
            now, then = found.get((port, what)), wanted.get(what)
            if now is None and then is not None:
                yield f"{port} {does_not}"
            elif now is not None and then is None:
                yield f"{port} {does} still"
            elif now is not None and not _is_near(now, then):
                type = _TYPES[what]
                yield f"{port} {does} {by} {type.show(round(now))}, not {by} {type.show(then)}"


def judged(changes: Sequence[Change], ask: Ask) -> Iterator[Assessment]:
    """Whether the host's kernel can delay and lose packets, where ports are to. Raises `HostUnreachable`."""
    has: bool | None = None
    for change in changes:
        port = change.after
        said = [name for name in _HARM if port and name in change.differing() and port.get(name)]
        if port is None or not said or change.undo:
            yield Assessment()
            continue
        if has is None:
            has = ask(["sh", "-c", _NETEM]).returncode == 0
        problem = Diagnostic(
            "E526",
            f"{port.place} cannot have port `{port.name}` {'lose' if said == ['loss'] else 'delay'} packets: its "
            "kernel has no netem",
            port.at(*said, "name"),
            "would do nothing",
            "is there a package with more of its modules (`linux-modules-extra`)? A rate is to be had without it: "
            "`inbound`, `outbound`",
        )
        yield Assessment(problem=None if has else problem)


def _found(text: str) -> Mapping[tuple[str, str], float]:
    """What is done to ports, by their name and what that is, from lines of these and an amount as `tc` shows it."""
    found = {}
    for port, what, amount in (line.split() for line in text.splitlines()):
        if told := _AMOUNT.fullmatch(amount):
            found[port, what] = float(told[1]) * _UNITS[told[2]]
    return found


def _is_near(now: float, wanted: Value) -> bool:
    return isinstance(wanted, int) and abs(now - wanted) <= max(8, _NEAR * wanted)
