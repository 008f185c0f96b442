"""Random fleets with nothing wrong, made by sentences: `takeover` writes them down, and finds no fault."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from shutil import rmtree

from in_lab import LabOperator
from soaking import Findings

from vnetsh_lab import running

HOSTS = ("kvm1", "kvm2", "kvm3")


def soak_healthy(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on, each another fleet on three hosts, taken back in the end."""
    found = Findings()
    with running(hosts=len(HOSTS)) as lab, tempfile.TemporaryDirectory() as folder:
        operator = LabOperator.of(lab, Path(folder), "--yes", "--max-impact", "destroy")
        over = Path(folder) / "over"

        def one(number: int) -> None:
            operator.good("-c", "\n".join(sentences(Random(number))))
            rmtree(over, ignore_errors=True)
            operator.good("takeover", "--to", str(over))
            found.expect(
                "no changes" in operator("plan", str(over / "all.vnet")).stdout, "the plan is not empty"
            )
            report = (over / "REPORT.md").read_text().partition("\n## Notes")[0]
            found.expect("\n## " not in report, f"seed {number}: {report}")
            operator.good("undo")

        found.each(seed, rounds, say, one)
    return found


def sentences(random: Random) -> Iterator[str]:
    """Bridges of both kinds, tunnels with both ends, vms that are off or start with their host, pools, addresses."""
    bridges = {}
    for number in range(random.randint(1, 4)):
        hosts = sorted(random.sample(HOSTS, random.randint(1, 3)))
        backend = random.choice(("ovs", "linux"))
        bridges[f"lan{number}"] = hosts
        mtu = f" mtu {random.choice((1280, 1400))}" if random.random() < 0.3 else ""
        yield f"bridge lan{number} on {', '.join(hosts)} backend {backend}{mtu}"
        if len(hosts) > 1 and random.random() < 0.7:
            kind = random.choice(("gre", "geneve")) if backend == "ovs" else "vxlan"
            yield f"tunnel t{number} {hosts[0]}<->{hosts[1]} on lan{number} type {kind} key {number + 5}"
        if backend == "linux" and random.random() < 0.5:
            yield f"bridge lan{number} on {hosts[0]} address 10.{number}.0.1/24"
    for number in range(random.randint(0, 5)):
        bridge = random.choice([*bridges])
        host = random.choice(bridges[bridge])
        disk = random.choice(
            ("disk tiny.qcow2", "disk system from tiny.qcow2 disk data size 8M", "boot network")
        )
        after = random.choice(("", f"; stop vm{number} force"))
        yield f"vm vm{number} on {host} memory {random.choice((32, 64))}M autostart yes {disk} port {bridge}{after}"
    for number in range(random.randint(0, 2)):
        yield f"pool store{number} on {random.choice(HOSTS)} path /root/store{number}"
