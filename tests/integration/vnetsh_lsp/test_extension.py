"""The VS Code extension as `scripts/extension` packs it: read again as VS Code does, and loaded by Node.js."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT

from vnetsh import __version__

NAMES = {"v": "http://schemas.microsoft.com/developer/vsx-schema/2011"}
LOADED = """
const Module = require("module"), load = Module._load;
const vscode = new Proxy({}, { get: (_, name) => (name === "version" ? "1.96.0" : class {}) });
Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));
const { activate, deactivate } = require("./extension/extension.js");
console.log(typeof activate, typeof deactivate);
"""
"""VS Code's own module is there in VS Code alone; all else must be in the file."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("npm"):
        pytest.skip("npm packs what the extension stands on")
    folder = tmp_path_factory.mktemp("extension")
    file: Path = runpy.run_path(str(ROOT / "scripts" / "extension_main.py"))["pack"](folder / "to")
    assert file.name == f"vnet-{__version__}.vsix"
    with zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
        packed.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_its_manifest_and_types_tell_of_what_is_in_it(unpacked: Path) -> None:
    manifest = ElementTree.parse(unpacked / "extension.vsixmanifest").getroot()
    about = json.loads((unpacked / "extension" / "package.json").read_text())
    identity = manifest.find("v:Metadata/v:Identity", NAMES)
    assert identity is not None
    assert [identity.get(key) for key in ("Id", "Version", "Publisher")] == ["vnet", __version__, "vnetsh"]
    assert about["version"] == __version__
    assert all(
        (unpacked / str(asset.get("Path"))).is_file() for asset in manifest.iterfind(".//v:Asset", NAMES)
    )
    types = ElementTree.parse(unpacked / "[Content_Types].xml").getroot()
    known = {default.get("Extension") for default in types}
    assert {path.suffix for path in unpacked.rglob("*") if path.is_file()} <= {*known, "", ".xml"}
    contributed = about["contributes"]
    for path in (
        about["main"],
        contributed["grammars"][0]["path"],
        contributed["languages"][0]["configuration"],
    ):
        assert (unpacked / "extension" / path).is_file()


def test_all_that_it_needs_is_in_it(unpacked: Path) -> None:
    done = subprocess.run(["node", "-e", LOADED], cwd=unpacked, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("function function\n", "")
