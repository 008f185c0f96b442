"""What is shown of a fleet in memory, at three widths of a terminal and off one. `--update` rewrites it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import apply

from vnetsh.diagnostics import Source
from vnetsh.engine import making
from vnetsh.interface.answers import answer_text
from vnetsh.interface.fitting import width_of
from vnetsh.interface.render import Style
from vnetsh.registry import load_plugins
from vnetsh.schema import Answer
from vnetsh.session import Session

HERE = Path(__file__).parent / "views"
CASES = sorted(path for path in HERE.glob("*.vnet") if ".given" not in path.name)
WIDTHS = (40, 80, 120)
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Session]:
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        with pytest.MonkeyPatch.context() as patched:  # else tables are as wide as its name
            patched.setattr(making, "operator", lambda: "somebody")
            apply(session, (HERE / "fleet.given.vnet").read_text())
        yield session


def answer_of(path: Path, session: Session) -> Answer:
    answers: list[Answer] = []
    assert session.apply(session.prepare(Source(path.name, path.read_text())), answers.append).ok
    (answer,) = answers
    return answer


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_view(path: Path, fleet: Session, pytestconfig: pytest.Config) -> None:
    answer = answer_of(path, fleet)
    texts = []
    for width in (*WIDTHS, None):
        text = answer_text(answer, fleet, "table", Style.plain(), width)
        texts.append(f"--- {width or 'no terminal'}\n{_TIME.sub('2001-02-03 04:05:06', text)}")
        if width and path.stem not in (
            "vm",
            "bridge",
            "mesh",
            "chosen",
        ):  # sentences and values are never cut
            assert max(map(width_of, text.splitlines())) <= width
    want, found = path.with_suffix(".want"), "\n\n".join(texts) + "\n"
    if pytestconfig.getoption("update"):
        want.write_text(found)
    assert found == want.read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_json_and_yaml_say_the_same(path: Path, fleet: Session) -> None:
    answer = answer_of(path, fleet)
    texts = [answer_text(answer, fleet, format, Style.plain(), 40) for format in ("json", "yaml")]
    assert json.loads(texts[0]) == yaml.safe_load(texts[1])
