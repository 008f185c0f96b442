"""Secrets of fencing agents: where hosts were given others than are here, and that nothing else shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from ha_cibs import HOSTS, NAMES, PLACE, TEXT, add, look_of, patched, text_of

from vnetsh.backend import Context
from vnetsh.hosts.transport import Completed
from vnetsh.model import ActionKind, Change, Fleet, Impact, Place, Resource
from vnetsh_pacemaker import reading
from vnetsh_pacemaker.assessing import assess
from vnetsh_pacemaker.cib import Cib, put, read
from vnetsh_pacemaker.drafting import drafted, is_outdated
from vnetsh_pacemaker.marks import META, RENEWING
from vnetsh_pacemaker.members import Members
from vnetsh_pacemaker.secrets import Secrets

CLUSTER = Place(PLACE, sort="pacemaker", noun="cluster", hosts=HOSTS)
AT = "/var/lib/pacemaker/lrm/secrets/fence-kvm3/password"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    here = tmp_path / "ipmi"
    here.write_text("hush\n")
    return here


def fence(file: Path) -> Resource:
    values = {"by": "fence_ipmilan", "hosts": ("kvm3",), "secrets": (f"password={file}",)}
    return Resource("fence", "kvm3", PLACE, values, backend="pacemaker", marked=True)


def outdated(cib: Cib, told: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """What is found where the hosts tell this of their files."""
    members = Members(CLUSTER, cast(Context, None))

    def run_on(host: str, argv: Sequence[str], **_: object) -> Completed:
        return Completed(0, told[host], "")

    monkeypatch.setattr(members, "run_on", run_on)
    return Secrets(CLUSTER, members).outdated(look_of(cib))


@pytest.mark.parametrize(
    ("kvm2", "found"),
    [("hush", {}), ("other", {"fence-kvm3": ("password",)}), ("", {"fence-kvm3": ("password",)})],
)
def test_one_host_with_another_secret_is_enough(
    file: Path, kvm2: str, found: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cib = patched(read(TEXT), add(fence(file)))
    told = {host: f"{AT}\t{kvm2 if host == 'kvm2' else 'hush'}\n" for host in HOSTS}
    assert outdated(cib, told, monkeypatch) == found
    file.unlink()
    assert outdated(cib, told, monkeypatch) == {}, "nobody here can tell"


def test_who_cannot_look_says_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cib = patched(read(TEXT), add(fence(file)))
    assert outdated(cib, dict.fromkeys(HOSTS, ""), monkeypatch) == {}


def test_a_renewal_that_was_cut_off_is_still_to_be_made_and_its_end_changes_the_device(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cib = patched(read(TEXT), add(fence(file)))
    primitive = cib.root.find(".//primitive[@id='fence-kvm3']")
    assert primitive is not None
    put(primitive, RENEWING, "password", META)
    found = outdated(cib, dict.fromkeys(HOSTS, f"{AT}\thush\n"), monkeypatch)
    there = {
        (one.kind, one.name): one for one in reading.observation(look_of(cib), NAMES, PLACE, found).resources
    }
    seen = there["fence", "kvm3"]
    assert seen.get("outdated") == ("password",)
    wanted = seen.with_attributes(outdated=None)
    assert is_outdated(seen, wanted)
    done = drafted([Change(ActionKind.CHANGE, seen, wanted)], cib, there, NAMES)
    assert done.changes, "Pacemaker's fencer reads the secrets again when the device changes"
    made = text_of(Cib(done.draft))
    assert RENEWING not in made
    assert "hush" not in made.replace('value="hush"', "", 1), "but for the one that others put there"


def test_what_was_there_before_is_not_brought_back(file: Path) -> None:
    seen = fence(file).with_attributes(outdated=("password",))
    change = Change(ActionKind.CHANGE, seen, fence(file))
    fleet = Fleet({PLACE: CLUSTER}, {seen.key: seen})
    assert assess(change, fleet).impact is Impact.LIVE
    assert "kept nowhere" in assess(change.inverse(), fleet).how


def test_a_file_without_a_secret_is_refused_in_the_plan(file: Path) -> None:
    secrets = Secrets(CLUSTER, Members(CLUSTER, cast(Context, None)))
    assert not secrets.appraised(add(fence(file))).problem
    for content in ("", "two\nlines\n", "x" * 5000):
        file.write_text(content)
        problem = secrets.appraised(add(fence(file))).problem
        assert problem
        assert problem.code == "E604"
    file.unlink()
    assert secrets.appraised(add(fence(file))).problem
    file.mkdir()
    assert secrets.appraised(add(fence(file))).problem
