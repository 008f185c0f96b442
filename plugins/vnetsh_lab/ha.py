"""A Pacemaker cluster of a lab's hosts: Corosync on the underlay, Pacemaker on each, and power switches for fencing.

The cluster is made with its lab, by all hosts that it then has. Nothing is configured in it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from vnetsh.errors import UsageError
from vnetsh.model import Place
from vnetsh_lab import power
from vnetsh_lab.daemons import Daemon, Inside, awaited
from vnetsh_lab.layout import HostLayout, Layout

CLUSTER, SORT = "ha1", "pacemaker"
PROGRAMS = {"corosync": "corosync", "pacemakerd": "pacemaker", "crmadmin": "pacemaker-cli-utils"}
"""What it takes, each with its Debian package."""


_COROSYNC = awaited("corosync", "corosync", "corosync-cfgtool -s", "/var/log/corosync/corosync.log")
_PACEMAKER = awaited(
    "pacemakerd",
    "mkdir -p /run/resource-agents; PCMK_logfile=/var/log/pacemaker/pacemaker.log "
    "setsid --fork pacemakerd </dev/null >/var/log/pacemaker/pacemakerd.out 2>&1",
    "crmadmin -t 5 -P",
    "/var/log/pacemaker/pacemaker.log",
)


_CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config><cluster_property_set id="cib-bootstrap-options">
<nvpair id="cib-bootstrap-options-dc-deadtime" name="dc-deadtime" value="2s"/>
</cluster_property_set></crm_config><nodes/><resources/><constraints/></configuration><status/></cib>
"""
"""A cluster without anything, whose hosts wait 2 seconds for one that leads them, not 20, when they start."""

_SEED = """cib=/var/lib/pacemaker/cib/cib.xml
test -e $cib || { cat >$cib && chown hacluster:haclient $cib && chmod 600 $cib; }"""


_JOINED = """for try in $(seq 120); do
case $(crmadmin -t 5 -S "$0" 2>&1) in *S_IDLE*|*S_NOT_DC*) exit;; esac; sleep 0.5
done; echo "it has not joined its cluster after a minute: crm_mon -1, /var/log/pacemaker/pacemaker.log"; exit 1"""
"""The states of one that leads and has nothing to do, and of one that is led (pacemaker's fsa_states)."""


def size(layout: Layout) -> int:
    """How many hosts the cluster has; 0: it is a lab without one."""
    return int(layout.ha.read_text()) if layout.ha.exists() else 0


def choose(layout: Layout, hosts: int) -> None:
    """Have a lab of so many hosts have a cluster of them. Raises `UsageError`."""
    if hosts < 2:
        raise UsageError("a cluster needs two hosts", help="`--hosts 3`, for one that may lose a host")
    if size(layout) not in (0, hosts):
        raise UsageError(f"this lab's cluster has {size(layout)} hosts", help="`vnetsh lab down` first")
    layout.ha.write_text(str(hosts))


def daemons(layout: Layout, host: HostLayout) -> Sequence[Daemon]:
    """The cluster's daemons on a host, in the order of their start."""
    return (_COROSYNC, _PACEMAKER) if host.number <= size(layout) else ()


def start_ha(layout: Layout, running: Sequence[tuple[HostLayout, int]]) -> None:
    """Start what does not answer, on all hosts at once. Raises `BackendRefused`."""
    members = [Inside(host, pid) for host, pid in running if host.number <= size(layout)]
    if not members:
        return
    power.ensure(layout, [inside.host.folder for inside in members])
    with ThreadPoolExecutor(len(members)) as pool:
        list(pool.map(lambda inside: _start(layout, inside), members))


def wait_for_ha(layout: Layout, running: Sequence[tuple[HostLayout, int]]) -> None:
    """Wait until each host is a member: until then its cluster takes nothing. Raises `BackendRefused`."""
    members = [Inside(host, pid) for host, pid in running if host.number <= size(layout)]
    with ThreadPoolExecutor(len(members) or 1) as pool:
        list(
            pool.map(lambda inside: inside.check("sh", "-c", _JOINED, inside.host.name, timeout=70), members)
        )


def cluster(layout: Layout) -> Place | None:
    """The place that the cluster is; None in a lab without one."""
    hosts = tuple(layout.host(number).name for number in range(1, size(layout) + 1))
    return (
        Place(CLUSTER, attributes={"type": SORT}, sort=SORT, noun="cluster", hosts=hosts) if hosts else None
    )


def _start(layout: Layout, inside: Inside) -> None:
    for daemon in daemons(layout, inside.host):
        if not inside.answers(daemon):
            if daemon is _COROSYNC:
                folder = inside.host.root / "etc/corosync"
                folder.mkdir(exist_ok=True)
                (folder / "corosync.conf").write_text(_configuration(layout))
                inside.check("sh", "-c", _SEED, input=_CIB)
            inside.start(daemon)


def _configuration(layout: Layout) -> str:
    """corosync.conf(5)."""
    count = size(layout)
    hosts = [layout.host(number) for number in range(1, count + 1)]
    nodes = "".join(
        f"    node {{\n        ring0_addr: {h.address}\n        name: {h.name}\n        nodeid: {h.number}\n    }}\n"
        for h in hosts
    )
    two = "    two_node: 1\n" if count == 2 else ""
    return (
        "totem {\n    version: 2\n    cluster_name: lab\n    transport: knet\n    crypto_cipher: none\n"
        f"    crypto_hash: none\n    token: 1000\n}}\nnodelist {{\n{nodes}}}\n"
        f"quorum {{\n    provider: corosync_votequorum\n{two}}}\n"
        "logging {\n    to_logfile: yes\n    logfile: /var/log/corosync/corosync.log\n    to_syslog: no\n"
        "    timestamp: hires\n}\n"
    )
