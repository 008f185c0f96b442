"""A file that is no script, or one that got out of hand: refused soon, in little memory, with a place and a remedy."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.errors import UsageError
from vnetsh.language import files
from vnetsh.registry import Plugins
from vnetsh.session import Session

MEGABYTE = 1 << 20
ROOM = 400 * MEGABYTE
VNETSH = str(Path(sys.executable).with_name("vnetsh"))


OFTEN = (
    ("{", "E004"),
    ("a", "E116"),
    ("a ", "E116"),
    ("a\n", "E116"),
    ("\0", "E001"),
    ('"\n', "E002"),
    ("$a", "E116"),
)
SELDOM = (
    ("}", "E004"), ("{}", "E004"), ("a {", "E101"), ("a {\n", "E101"), ("[", "E001"), ("\0\n", "E001"), ("a;", "E116"),
    ("a,", "E116"), ("->", "E116"), ("a<->b ", "E116"), ('"a" ', "E116"), ("let a 1;", "E116"), ("${", "E004"),
    (";", ""), ("#", ""), ("#\x1b\n", ""), ("\\\n", ""), ("\n", ""),
)  # fmt: skip
"""These in `scripts/soak hostile` only."""


@pytest.mark.parametrize(("unit", "code"), OFTEN + SELDOM if os.environ.get("VNETSH_EVERY") else OFTEN)
def test_a_megabyte_of_something(unit: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "big.vnet").write_text(unit * (MEGABYTE // len(unit)))

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))

    done = subprocess.run(
        [VNETSH, "--demo", "check", "big.vnet"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, preexec_fn=little_memory, check=False,
    )  # fmt: skip
    assert "defect" not in done.stderr
    assert done.returncode == (2 if code else 0), done.stderr[:500]
    assert (f"error[{code}]" in done.stderr) if code else (done.stdout == "no problems\n")
    assert len(done.stderr) < 100_000
    for block in done.stderr.split("\n\n"):
        assert not block or "mistakes more" in block or "--> big.vnet:" in block


@pytest.fixture
def session(plugins: Plugins) -> Session:
    return Session(plugins, plugins.worlds["demo"].hosts("2"))


def problems(session: Session, text: str) -> list[tuple[str, str]]:
    with pytest.raises(ProblemsFound) as found:
        session.check(Source("t.vnet", text))
    return [(p.code, p.message) for p in found.value.problems]


def test_a_hundred_mistakes_are_told_of_and_no_more(session: Session) -> None:
    for text in (
        "nothing x\n" * 5000,
        f"bridge b on {', '.join(f'h{n}' for n in range(9000))}",
        '"\n' * 5000,
    ):
        found = problems(session, text)
        assert 100 <= len(found) <= 101
        assert "E116" in {code for code, _ in found}
    assert len(problems(session, "nothing x\n" * 99)) == 99


def test_blocks_too_deep_are_one_problem_however_many(session: Session) -> None:
    deep = "for i in 1..1 {\n" * 30 + "bridge b on kvm1\n" + "}\n" * 30
    assert [code for code, _ in problems(session, deep)] == ["E004"]


def test_ranges_and_loops_out_of_hand(session: Session) -> None:
    for text in ("bridge a[1-999999999] on kvm1", "for i in 1..999999999 { bridge b$i on kvm1 }"):
        assert problems(session, text)[0][0] == "E116"


@pytest.mark.parametrize(
    "hidden", ["\x1b[2J", "\x00", "\x7f", "\x9b5m", "\u202e", "\u2066", "\u2028", "\udc80"]
)
def test_what_hides_cannot_be_named_but_stand_in_a_comment(session: Session, hidden: str) -> None:
    code, message = problems(session, f'vm "a{hidden}" on kvm1')[0]
    assert (code, message) == ("E001", f"the character U+{ord(hidden[0]):04X} cannot stand in a script")
    session.check(Source("t.vnet", f"vm a on kvm1 # {hidden}"))
    session.settings = {"name": f"a{hidden}"}
    assert problems(session, "vm $name on kvm1")[0][0] == "E001"


def test_no_file_is_read_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/dev/zero", "/proc/self/mem", str(tmp_path)):
        with pytest.raises(UsageError):
            files.read_source(Path(path))


def test_lines_of_an_included_file_that_is_no_script_are_not_shown(session: Session, tmp_path: Path) -> None:
    secret = "root:$6$salt$hash:19000:0:99999:7:::\nbridge b on kvm9\n"
    for name in ("shadow", "key.pem", "x.vnet.bak"):
        (tmp_path / name).write_text(secret)
        (tmp_path / "link.vnet").unlink(missing_ok=True)
        (tmp_path / "link.vnet").symlink_to(tmp_path / name)
        for said in (name, "link.vnet"):
            with pytest.raises(ProblemsFound) as found:
                session.check(Source(str(tmp_path / "t.vnet"), f'include "{said}"\nbridge c on kvm8'))
            told = [(p.code, p.span.source.name, str(p.as_json())) for p in found.value.problems if p.span]
            assert [code for code, _, _ in told] == ["E114", "E102"]
            assert all(source.endswith("t.vnet") for _, source, _ in told)
            assert not any(word in text for _, _, text in told for word in ("hash", "kvm9"))
    (tmp_path / "sound.txt").write_text("bridge b on kvm1\n")
    session.check(Source(str(tmp_path / "t.vnet"), 'include "sound.txt"'))
    (tmp_path / "wrong.vnet").write_text("bridge b on kvm9\n")
    with pytest.raises(ProblemsFound) as found:
        session.check(Source(str(tmp_path / "t.vnet"), 'include "wrong.vnet"'))
    assert found.value.problems[0].code == "E102"


def test_a_file_is_written_through_links_and_never_over_a_device(tmp_path: Path) -> None:
    script, link = tmp_path / "a.vnet", tmp_path / "link.vnet"
    script.write_text("bridge   b on kvm1\n")
    link.symlink_to(script)
    files.replace_file(link, "bridge b on kvm1\n")
    assert link.is_symlink()
    assert script.read_text() == "bridge b on kvm1\n"
    pipe = subprocess.run(
        [VNETSH, "fmt", "/dev/stdin"],
        input="bridge   b on kvm1\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert pipe.stdout == "bridge b on kvm1\n"
    assert Path("/dev/stdin").is_symlink()
    trap = tmp_path / f".a.vnet.{os.getpid()}.vnetsh"
    victim = tmp_path / "victim"
    victim.write_text("precious")
    trap.symlink_to(victim)
    with pytest.raises(UsageError, match="File exists"):
        files.replace_file(script, "x")
    assert victim.read_text() == "precious"
    assert trap.is_symlink()
