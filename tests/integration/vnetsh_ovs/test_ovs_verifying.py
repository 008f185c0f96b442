"""What a real ovs-vswitchd with dummy devices has made of the database, or not."""

import os
import signal
import time

import pytest
from ovs_hosts import changed, dump, inverse, new
from soaking import done, ovs_session, scratch_host

from vnetsh.diagnostics import Source
from vnetsh.engine.report import Outcome
from vnetsh.errors import VerificationFailed
from vnetsh.testing.fleet import no_progress


def test_an_impossible_device_fails_verification_with_vswitchds_words(ovs, links):
    link = links(ovs)
    changes = [new("bridge", "br0"), new("port", "p1", bridge="br0", type="nosuchtype")]
    link.apply(changes, no_progress)
    with pytest.raises(VerificationFailed, match=r"p1: could not open network device p1 \(Address family"):
        link.verify(changes, no_progress)
    link.apply(inverse(changes), no_progress)
    link.verify(inverse(changes), no_progress)
    assert dump(ovs) == []


def test_an_mtu_is_really_there(ovs, links):
    """And what follows its ports again when it is cleared; it may take vswitchd a moment."""
    link = links(ovs)
    made = [new("bridge", "br0", mtu=1400), new("port", "p1", bridge="br0", type="internal")]
    link.apply(made, no_progress)
    link.verify(made, no_progress)
    assert ovs.vsctl("get", "interface", "br0", "mtu").strip() == "1400"
    for mtu in (9000, 1280):
        step = [changed(link, "bridge", "br0", mtu=mtu)]
        link.apply(step, no_progress)
        link.verify(step, no_progress)
        assert ovs.vsctl("get", "interface", "br0", "mtu").strip() == str(mtu)
    cleared = [changed(link, "bridge", "br0", mtu=None)]
    link.apply(cleared, no_progress)
    link.verify(cleared, no_progress)
    assert ovs.vsctl("get", "interface", "br0", "mtu_request").strip() == "[]"


def test_a_device_that_does_not_take_an_mtu_fails_verification(ovs, links):
    link = links(ovs, timeout=1.0)
    link.apply([new("bridge", "br0")], no_progress)
    before = dump(ovs)
    step = [changed(link, "bridge", "br0", mtu=2**20)]  # more than a dummy device takes
    link.apply(step, no_progress)
    with pytest.raises(
        VerificationFailed, match="br0 has an MTU of 1500, not 1048576: its device did not take"
    ):
        link.verify(step, no_progress)
    link.apply(inverse(step), no_progress)
    link.verify(inverse(step), no_progress)
    assert dump(ovs) == before


def test_many_devices_are_verified_in_one_look(ovs, links):
    link = links(ovs)
    good = [new("bridge", "br0"), *(new("port", f"p{n}", bridge="br0", type="internal") for n in range(200))]
    link.apply(good, no_progress)
    link.verify(good, no_progress)
    bad = [new("port", f"x{n}", bridge="br0", type="bogus" if n == 40 else "internal") for n in range(50)]
    link.apply(bad, no_progress)
    with pytest.raises(VerificationFailed, match="x40: could not open"):
        link.verify(bad, no_progress)


def test_a_dead_vswitchd_is_said(ovs, links):
    ovs.kill_vswitchd()
    link = links(ovs, timeout=0.5)
    changes = [new("bridge", "br0")]
    link.apply(changes, no_progress)
    with pytest.raises(VerificationFailed, match=r"ovs-vswitchd did not answer in 0\.5 s"):
        link.verify(changes, no_progress)
    skipping = links(ovs, vswitchd="skip")
    skipping.verify(changes, no_progress)


def test_many_devices_get_more_time(ovs, links):
    ovs.kill_vswitchd()
    link = links(ovs, timeout=0.1)
    changes = [
        new("bridge", "br0"),
        *(new("port", f"p{n}", bridge="br0", type="internal") for n in range(30)),
    ]
    link.apply(changes, no_progress)
    with pytest.raises(VerificationFailed, match=r"ovs-vswitchd did not answer in 0\.65 s"):
        link.verify(changes, no_progress)


def test_a_vswitchd_that_comes_back_is_waited_for(bare, links):
    link = links(bare)
    changes = [new("bridge", "br0"), new("port", "p1", bridge="br0", type="internal")]
    link.apply(changes, no_progress)
    bare.start_vswitchd()
    link.verify(changes, no_progress)


def test_a_hung_vswitchd_costs_the_timeout_once_and_nothing_is_left_in_the_database(ovs):
    """Of two stages the first is verified: its taking back asks vswitchd for something, too."""
    before = dump(ovs)
    with ovs_session({"kvm1": scratch_host(ovs)}, timeout=1.5) as session:
        assert done(session, "bridge br0 on kvm1").ok
        prepared = session.prepare(Source("<t>", "bridge br1 on kvm1\nshow bridges\nbridge br2 on kvm1"))
        os.kill(ovs.vswitchd.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            report = session.apply(prepared)
            took = time.monotonic() - started
        finally:
            os.kill(ovs.vswitchd.pid, signal.SIGCONT)
        assert took < 2.5
        assert [failure.message for failure in report.failures] == [
            "kvm1: ovs-vswitchd did not answer in 1.5 s"
        ]
        assert len(report.leftovers) == 1
        assert report.leftovers[0].startswith("kvm1: the database is as it was before")
        assert not report.count(Outcome.LEFT)
        assert not report.cut_off
        # As soon as it goes on it is waited for again, in the same session.
        assert done(session, "delete bridge br0").ok
    assert dump(ovs) == before


def test_what_is_taken_back_in_another_run_is_waited_for(ovs, links):
    """Nothing is known of a vswitchd that was silent when somebody last asked for something."""
    link = links(ovs, timeout=0.5)
    changes = [new("bridge", "br0")]
    link.apply(changes, no_progress)
    link.verify(changes, no_progress)
    ovs.kill_vswitchd()
    back = inverse(changes)
    link.apply(back, no_progress)
    for _ in range(2):
        with pytest.raises(VerificationFailed, match=r"ovs-vswitchd did not answer in 0\.5 s"):
            link.verify(back, no_progress)
        link.observe(no_progress)
