"""Every code is explained, and every explanation is true: its scripts yield what it says."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import ROOT, Run, apply

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import PluginBroken, UsageError
from vnetsh.explanations import Explanation, load_explanations
from vnetsh.interface.explain import explain, find
from vnetsh.interface.help import help_text
from vnetsh.interface.render import Style
from vnetsh.registry import Plugins, load_plugins
from vnetsh.session import Session

EXPLANATIONS = load_plugins().vocabulary.explanations
SHOWN = [explanation for explanation in EXPLANATIONS.values() if explanation.wrong]
DATA = (
    "explanations.py",
    "sentence_problems.py",
    "script_problems.py",
    "fleet_problems.py",
    "expectation_problems.py",
    "storage_problems.py",
    "show_problems.py",
    "offer_problems.py",
)
CODE = re.compile(r'"(E[0-9]{3})"')


def emitted() -> dict[str, set[str]]:
    """The packages that emit each code."""
    found: dict[str, set[str]] = defaultdict(set)
    for root in (ROOT / "vnetsh", ROOT / "plugins"):
        for path in root.rglob("*.py"):
            if not path.name.endswith(DATA):
                package = path.relative_to(ROOT).parts[root.name == "plugins"]
                for code in CODE.findall(path.read_text()):
                    found[code].add(package)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the scripts of explanations are run in."""
    (tmp_path / "hosts.vnet").write_text("host kvm4 address 192.0.2.4\n")
    monkeypatch.chdir(tmp_path)


def problems(session: Session, script: str) -> set[str]:
    try:
        session.prepare(Source("<test>", script))
    except (ProblemsFound, PlanRefused) as refused:
        return {problem.code for problem in refused.problems}
    return set()


def test_every_code_is_explained_and_every_explanation_has_its_code() -> None:
    assert sorted(EXPLANATIONS) == sorted(emitted())


def explained_in() -> list[tuple[Path, str]]:
    paths = [path for root in ("vnetsh", "plugins") for path in (ROOT / root).rglob("*.py")]
    return [(path, c) for path in paths if path.name.endswith(DATA) for c in CODE.findall(path.read_text())]


def test_no_code_is_explained_twice() -> None:
    codes = [code for _, code in explained_in()]
    assert len(codes) == len(set(codes)) == len(EXPLANATIONS)


def test_a_plugin_explains_codes_that_it_emits() -> None:
    by = emitted()
    for path, code in explained_in():
        assert path.relative_to(ROOT / "plugins" if "plugins" in path.parts else ROOT).parts[0] in by[code]


NOT_SHOWN = {
    "E620",  # of texts from elsewhere
    "E621",  # as E620
    "E622",  # as E620
    "E623",  # as E620
    "E109",  # of a hosts file
    "E115",  # of several files
    "E214",  # no noun of the core has a subnet
    "E219",  # in memory no host is called as a vm
    "E220",  # no noun of the core lives elsewhere than on hosts that are said
    "E223",  # a demo host has no addresses on its bridges
    "E224",  # as E223
    "E225",  # as E223
    "E226",  # no script is taken back there
    "E227",  # as E226
    "E228",  # as E226
    "E488",  # as E226
    "E548",  # as E226
    "E469",  # of an undo, or of what a demo host has not
    "E305",  # a demo host can do what any backend can
    "E303",  # a demo host lacks no service
    "E304",  # as E219: shown by nouns of plugins
    "E475",  # comes of what is seen, which no plan tells
    "E477",  # as E475
    "E512",  # as E475
    "E514",  # libvirt's networks, and what other programs are and do on a host
    "E517",
    "E518",
    "E492",  # what links of real hosts carry
    "E498",  # a demo host has one backend
    "E503",  # as E475
    "E550",  # as E475
    "E551",  # as E475
    "E552",  # as E475
    "E546",  # of a command, not of a script
    "E538",  # as E475
}


OF_CLOUDS = {*(f"E57{number}" for number in range(8)), "E586"}
"""What the demo's cloud yields, too."""
OF_HA = {"E590", "E592", "E593", "E595", "E596", "E597", "E598"}
"""And its cluster."""


def test_only_what_real_hosts_alone_yield_has_no_scripts() -> None:
    by = emitted()
    for code, explanation in EXPLANATIONS.items():
        demo = bool(by[code] & {"vnetsh", "vnetsh_demo", "vnetsh_hostnet"}) and code not in NOT_SHOWN
        demo |= code in OF_CLOUDS | OF_HA
        assert bool(explanation.wrong) is bool(explanation.right) is demo, code
        assert explanation.wrong or not explanation.before, code


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("explanation", SHOWN, ids=lambda e: e.code)
def test_the_scripts_yield_what_is_said(explanation: Explanation, demo: Session) -> None:
    if explanation.before:
        apply(demo, explanation.before)
    assert problems(demo, explanation.wrong) == {explanation.code}
    assert problems(demo, explanation.right) == set()


@pytest.mark.parametrize("explanation", [e for e in SHOWN if e.before], ids=lambda e: e.code)
def test_what_is_run_before_is_needed(explanation: Explanation, demo: Session) -> None:
    assert problems(demo, explanation.wrong) != {explanation.code}


@pytest.mark.parametrize("explanation", EXPLANATIONS.values(), ids=lambda e: e.code)
def test_the_cause_is_one_to_four_sentences(explanation: Explanation) -> None:
    assert 1 <= len(re.findall(r"[.?](?= [A-Z]|$)", explanation.cause)) <= 4
    assert explanation.cause.endswith(".")
    assert not explanation.title.endswith(".")


def test_the_command_prints_cause_and_scripts(vnetsh: Run) -> None:
    done = vnetsh("explain", "e442")
    assert done.returncode == 0, done.stderr
    explanation = EXPLANATIONS["E442"]
    assert done.stdout.startswith(f"E442: {explanation.title}\n\n")
    assert " ".join(done.stdout.split()).count(explanation.cause) == 1
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    for script in (explanation.before, explanation.wrong, explanation.right):
        assert all(f"\n    {line}\n" in done.stdout for line in script.splitlines())
    places = [done.stdout.index(text) for text in ("Where this was run", "This yields E442", "This is right")]
    assert places == sorted(places)


def test_the_command_lists_all_codes_by_number(vnetsh: Run) -> None:
    lines = vnetsh("explain").stdout.splitlines()
    assert lines == [f"{code}  {EXPLANATIONS[code].title}" for code in sorted(EXPLANATIONS)]


def test_as_json(vnetsh: Run) -> None:
    (found,) = json.loads(vnetsh("explain", "E102", "-o", "json").stdout)
    assert set(found) == {"code", "title", "cause", "before", "wrong", "right"}
    assert found["wrong"] == EXPLANATIONS["E102"].wrong
    listed = json.loads(vnetsh("explain", "-o", "json").stdout)
    assert [one["code"] for one in listed] == sorted(EXPLANATIONS)


@pytest.mark.parametrize(
    ("code", "says"), [("E1022", "did you mean `E102`?"), ("102", "did you mean `E102`?"), ("vm", "")]
)
def test_an_unknown_code_is_exit_2_with_a_remedy(vnetsh: Run, code: str, says: str) -> None:
    done = vnetsh("explain", code)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "`vnetsh explain` lists them all" in done.stderr
    assert says or "did you mean" not in done.stderr


def test_no_hosts_file_is_read(vnetsh: Run, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text("this is no hosts file <->")
    assert vnetsh("show", "hosts").returncode == 2
    assert vnetsh("explain", "E102").returncode == 0


def test_several_codes(plugins: Plugins) -> None:
    known = plugins.vocabulary.explanations
    both = explain(["E102", "E001"], known, "table", Style())
    assert (
        both
        == f"{explain(['E102'], known, 'table', Style())}\n\n{explain(['E001'], known, 'table', Style())}"
    )


def test_help_of_the_shell_explains_codes(plugins: Plugins) -> None:
    text = help_text("e102", plugins.vocabulary, {})
    assert find("E102", plugins.vocabulary.explanations).title in text
    with pytest.raises(UsageError, match="no code `E999`"):
        help_text("E999", plugins.vocabulary, {})


def test_a_code_that_two_explain_is_an_error_that_names_both() -> None:
    place = "vnetsh.explanations.script_problems:SCRIPT_PROBLEMS"
    with pytest.raises(PluginBroken, match=r"`E201` is explained by two plugins: one and two"):
        load_explanations([("one", place), ("two", place)])


@pytest.mark.parametrize("place", ["vnetsh.no_such_module:CODES", "vnetsh.explanations:CODES"])
def test_explanations_that_cannot_be_read_are_an_error_that_names_the_plugin(place: str) -> None:
    with pytest.raises(PluginBroken, match=r"of one cannot be read") as found:
        load_explanations([("one", place)])
    assert place in found.value.help
