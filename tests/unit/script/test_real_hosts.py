"""What `check` finds of real hosts without asking them: what their backends cannot do whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import found

from vnetsh.model import Host
from vnetsh.registry import Plugins
from vnetsh.session import Session


@pytest.fixture
def real(plugins: Plugins) -> Iterator[Session]:
    hosts = {f"kvm{n}": Host(f"kvm{n}", f"192.0.2.{n}") for n in (1, 2)}
    with Session(plugins, hosts) as session:
        yield session


@pytest.mark.parametrize(
    ("text", "code", "mark"),
    [
        ("vm a on kvm1 disk ../../etc/x", "E443", "../../etc/x"),
        ("vm a disk /a/../x", "E443", "/a/../x"),
        ("vm a on kvm1 port x name vnet3", "E445", "vnet3"),
        ("vm a port x name tap7", "E445", "tap7"),
        ("vm a on kvm1 port x name lo", "E203", "lo"),
        ("bridge b on kvm2 uplink b", "E203", "b"),
        ("bridge x on kvm1 backend linux; tunnel t kvm1<->kvm2 on x type geneve", "E421", "geneve"),
        ("bridge x on kvm1 backend linux port p type internal", "E422", "internal"),
        ("vm a on kvm1 import", "E105", "import"),
        ("mesh m kvm1, kvm2, kvm1 on x", "E206", "kvm1"),
    ],
)
def test_what_needs_no_host(real: Session, text: str, code: str, mark: str) -> None:
    [problem] = found(real, text)
    assert problem.code == code
    assert problem.span is not None
    assert text[problem.span.start : problem.span.end] == mark
    assert problem.span.start == text.rindex(mark)


@pytest.mark.parametrize(
    "text",
    [
        "vm a on kvm1 disk x.qcow2 import port x name web0",
        "bridge b on kvm1 port tap7",
        "bridge x on kvm1 backend linux; bridge y on kvm2; tunnel t kvm1<->kvm2 on y",
    ],
)
def test_what_may_well_be(real: Session, text: str) -> None:
    assert not found(real, text)
