"""The way to a cluster: any of its hosts where Pacemaker answers, and rather one that has quorum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from vnetsh.backend import Context
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent, VnetshError
from vnetsh.hosts.transport import Completed
from vnetsh.model import Place
from vnetsh_pacemaker import cib, status
from vnetsh_pacemaker.cib import Cib
from vnetsh_pacemaker.status import Status

_PATH = 'PATH=$PATH:/usr/sbin:/sbin; exec "$@"'
_BETWEEN = "---- vnetsh ----"
_LOOK = (
    "command -v cibadmin >/dev/null || exit 127; "
    f"cibadmin --query && echo '{_BETWEEN}' && crm_mon --one-shot --output-as=xml"
)
_ABSENT = 127
_TIMED_OUT = 124  # CRM_EX_TIMEOUT
_LOOK_UP = 15
"""Seconds after which it is looked whether a cluster that is waited for has its quorum still."""


@dataclass(frozen=True)
class Look:
    """What a host of the cluster says of it."""

    host: str
    cib: Cib
    status: Status

    @property
    def quorate(self) -> bool:
        """Whether its part of the cluster may change anything."""
        return self.cib.root.get("have-quorum") == "1"


class Members:
    """The hosts of a cluster."""

    def __init__(self, place: Place, context: Context) -> None:
        self._place, self._context = place, context
        self.host = ""
        """The one that was asked last."""

    def look(self) -> Look:
        """What there is. Raises `HostUnreachable`, `ServiceAbsent`, `BackendRefused`."""
        problems: list[VnetshError] = []
        found: Look | None = None
        for host in sorted(self._place.hosts, key=lambda name: name != self.host):
            try:
                one = self._look_at(host)
            except (HostUnreachable, ServiceAbsent, BackendRefused) as error:
                problems.append(error)
                continue
            found = found or one
            if one.quorate:
                found = one
                break
        if found is None:
            raise self._problem(problems)
        self.host = found.host
        return found

    def _look_at(self, host: str) -> Look:
        done = self.run_on(host, ["sh", "-c", _LOOK])
        if done.returncode == _ABSENT:
            raise ServiceAbsent(f"{host}: there is no Pacemaker", help="Debian: `apt install pacemaker`")
        if done.returncode:
            raise HostUnreachable(
                f"{host}: Pacemaker does not answer: {done.stderr.strip() or 'no words'}",
                help=f"`systemctl start corosync pacemaker` on {host}",
            )
        first, _, second = done.stdout.partition(_BETWEEN)
        return Look(host, cib.read(first.strip()), status.read(second.strip()))

    def _problem(self, problems: Sequence[VnetshError]) -> VnetshError:
        words = "; ".join(problem.message for problem in problems)
        help = next((problem.help for problem in problems if problem.help), "")
        absent = all(isinstance(problem, ServiceAbsent) for problem in problems)
        return (ServiceAbsent if absent else HostUnreachable)(f"{self._place.name}: {words}", help=help)

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """Run a command on the host that was asked last. Raises `HostUnreachable`."""
        return self.run_on(self.host or self._place.hosts[0], argv, input=input, timeout=timeout)

    def run_on(
        self, host: str, argv: Sequence[str], *, input: str = "", timeout: float | None = None
    ) -> Completed:
        """Run a command on a host of the cluster. Raises `HostUnreachable`."""
        transport = self._context.transport(self._context.host(host))
        return transport.run(
            ["sh", "-c", _PATH, "sh", *argv], input=input, timeout=timeout or self._context.timeout
        )

    def settle_down(self, seconds: float) -> None:
        """Wait so long at most until the cluster has nothing left to do, as the host that was asked last says.

        Raises `HostUnreachable`, also when it has lost its quorum meanwhile: then it does nothing, however long it is
        waited for, and nobody knows what it does when it has it again.
        """
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            once = max(1, int(min(left, _LOOK_UP)))
            done = self.run(["crm_resource", "--wait", f"--timeout={once}s"], timeout=once + 5)
            if done.returncode != _TIMED_OUT:
                return
            if not self.look().quorate:
                raise HostUnreachable(
                    f"{self._place.name} has lost its quorum: what it was told it may do later, or not",
                    help="`vnetsh doctor` tells of its hosts",
                )

    def must(self, host: str, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> str:
        """What a command on a host says, which has to succeed. Raises `BackendRefused`, `HostUnreachable`."""
        done = self.run_on(host, argv, input=input, timeout=timeout)
        if done.returncode:
            words = " ".join((done.stderr.strip() or done.stdout.strip()).split())
            raise BackendRefused(f"{host}: `{argv[0]}` failed: {words}")
        return done.stdout
