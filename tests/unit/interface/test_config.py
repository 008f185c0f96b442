"""The manual's config.toml is one that the shell takes, and names all there is to be coloured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from vnetsh.interface.shell.colours import STYLES
from vnetsh.interface.shell.config import read_config
from vnetsh.script.inventory import config_folder

PAGE = (ROOT / "docs" / "shell.md").read_text()


def test_the_manuals_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = config_folder()
    assert folder
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])
    found = read_config()
    assert found.editing == "vi"
    assert found.keys["f5"] == "show vms"


@pytest.mark.parametrize("name", STYLES)
def test_the_manual_names_each_colour(name: str) -> None:
    assert f"`{name}`" in PAGE.partition("What can be coloured")[2]
