"""`rename` and `clone` said twice, said of a name that is mistyped, and of vms of one name on two hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import apply

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.journal import runs
from vnetsh.session import Session
from vnetsh.testing.fleet import nic, vm
from vnetsh_demo.backend import DemoBackend


@pytest.fixture
def two(demo: Session) -> Session:
    apply(demo, "vm cirros01 on kvm1 memory 64M; vm cirros02 on kvm2 memory 64M")
    return demo


def there(demo: Session, host: str, name: str) -> dict[str, object]:
    backend = demo.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    return dict(backend.host(host).resources["vm", name].attributes)


def refused(demo: Session, text: str) -> tuple[str, str]:
    with pytest.raises(PlanRefused) as found:
        demo.prepare(Source("x", text))
    [problem] = found.value.problems
    return problem.code, f"{problem.message}: {problem.help}"


def unchanged(demo: Session, text: str) -> bool:
    return not demo.prepare(Source("x", text)).plan.changes


def test_a_vm_keeps_what_it_was_called(two: Session) -> None:
    apply(two, "stop cirros01; rename cirros01 to shop; rename shop to web")
    assert there(two, "kvm1", "web")["formerly"] == ("cirros01", "shop")
    assert unchanged(two, "rename cirros01 to shop; rename shop to web; rename cirros01 to web")
    assert refused(two, "rename shop to cirros01")[0] == "E301"  # the other way round it was not
    apply(two, "rename web to shop")
    assert there(two, "kvm1", "shop")["formerly"] == ("cirros01", "web")


def test_a_mistyped_name_is_an_error(two: Session) -> None:
    apply(two, "stop cirros01; rename cirros01 to web")
    for text in ("rename wbe to web", "clone wbe as web", "rename cirros2 to web"):
        code, words = refused(two, text)
        assert code == "E301"
        assert "vm `web` keeps no trace of it" in words
        assert "did you mean `web`" not in words
    assert "did you mean `cirros02`?" in refused(two, "rename cirros2 to web")[1]
    assert "did you mean" not in refused(two, "rename wbe to web")[1]


def test_a_clone_is_known_by_what_it_was_cloned_from(two: Session) -> None:
    apply(two, "stop cirros01; clone cirros01 as twin")
    assert there(two, "kvm1", "twin")["clone-of"] == ("cirros01",)
    assert unchanged(two, "clone cirros01 as twin")
    code, words = refused(two, "stop cirros02; clone cirros02 as twin")
    assert code == "E237"
    assert "no clone of `cirros02`" in words
    apply(two, "delete vm cirros01")
    assert unchanged(two, "clone cirros01 as twin")


@pytest.fixture
def twins(two: Session) -> Session:
    backend = two.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    for host in ("kvm1", "kvm2"):
        here = backend.host(host).resources
        here["vm", "twin"] = replace(vm("twin", host, memory=2**26, vcpus=1, state="stopped"), backend="demo")
        here["port", f"{host}_p"] = replace(nic(f"{host}_p", "vswitch01", "twin", host), backend="demo")
    return two


def test_of_two_vms_of_one_name_one_is_renamed_once(twins: Session) -> None:
    apply(twins, "vm cirros01 apart twin; vm cirros02 together twin")  # cirros01 is on kvm1, cirros02 on kvm2
    apply(twins, "rename twin to shop on kvm1")
    assert unchanged(twins, "rename twin to shop on kvm1")
    assert refused(twins, "rename twin to shop on kvm2")[0] == "E237"
    assert there(twins, "kvm1", "cirros01")["apart"] == ("twin", "shop")
    assert there(twins, "kvm2", "cirros02")["together"] == ("twin",)
    assert there(twins, "kvm2", "twin")["state"] == "stopped"


def test_who_is_to_be_together_with_the_one_on_its_host_follows_that(twins: Session) -> None:
    apply(twins, "vm cirros02 together twin; rename twin to shop on kvm2")
    assert there(twins, "kvm2", "cirros02")["together"] == ("shop",)


@pytest.mark.parametrize("host", ["kvm1", "kvm2"])
def test_a_name_that_another_vm_has_too_is_given_back(twins: Session, host: str) -> None:
    apply(twins, "vm cirros01 apart twin")
    backend = twins.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)

    def held() -> list[object]:
        found = [one for place in ("kvm1", "kvm2") for one in backend.host(place).resources.values()]
        return sorted((one.key, one.parent, str(one.kind == "vm" and dict(one.attributes))) for one in found)

    before = held()
    apply(twins, f"rename twin to shop on {host}")
    assert twins.apply(twins.take_back(next(iter(runs(twins.runs))))).ok
    assert held() == before
