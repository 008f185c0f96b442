"""The VS Code extension as a file that VS Code installs. `scripts/extension` calls it.

A .vsix is a zip with the extension's files, a manifest, and the types of its files, as OPC packages have them
(ECMA-376-2). vsce, which makes such files too, wants an account's key ring and 200 packages; what it puts in is this.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "plugins" / "vnetsh_lsp" / "data"
SCHEMA = "http://schemas.microsoft.com/developer/vsx-schema/2011"
TYPES = {
    ".json": "application/json",
    ".js": "application/javascript",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".vsixmanifest": "text/xml",
}
README = """\
# vnet

The language of vnetsh, a shell for the networks and VMs of several KVM hosts: colours, and the language server
`vnetsh lsp`, which shows mistakes while you type, completes, tells what a word means, renames and formats. It never
asks a host.

It needs `vnetsh` with its extra `lsp`, where VS Code finds it; or say where it is: `vnet.command` in the settings.
"""


def pack(to: Path) -> Path:
    """Pack it into a folder; the file. Raises `CalledProcessError` where npm fails."""
    with tempfile.TemporaryDirectory(prefix="vnetsh-extension-") as scratch:
        folder = Path(scratch) / "extension"
        shutil.copytree(DATA, folder)
        npm = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=folder, check=True, stdout=sys.stderr)
        (folder / "node_modules" / ".package-lock.json").unlink()
        shutil.rmtree(folder / "node_modules" / ".bin", ignore_errors=True)
        (folder / "README.md").write_text(README)
        shutil.copy(ROOT / "LICENSE", folder / "LICENSE.txt")
        about = json.loads((folder / "package.json").read_text())
        file = Path(scratch) / f"{about['name']}-{about['version']}.vsix"
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".map")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            _put(packed, "extension.vsixmanifest", _manifest(about))
            _put(packed, "[Content_Types].xml", _types(paths))
            for path in paths:
                _put(packed, str(path.relative_to(scratch)), path.read_bytes())
        to.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(file, to / file.name))


def _put(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    """A file, always of the same day: so that the same tree gives the same bytes."""
    packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def _manifest(about: Mapping[str, Any]) -> bytes:
    root = Element("PackageManifest", {"Version": "2.0.0", "xmlns": SCHEMA})
    metadata = SubElement(root, "Metadata")
    identity = {"Id": about["name"], "Version": about["version"], "Publisher": about["publisher"]}
    SubElement(metadata, "Identity", {"Language": "en-US", **identity})
    texts = {
        "DisplayName": about["displayName"],
        "Description": about["description"],
        "Tags": "vnet,kvm,libvirt,openvswitch,__ext_vnet",
        "Categories": ",".join(about["categories"]),
        "GalleryFlags": "Public",
    }
    for name, text in texts.items():
        SubElement(metadata, name).text = text
    properties = SubElement(metadata, "Properties")
    for name, value in {"Engine": about["engines"]["vscode"], "ExtensionKind": "workspace"}.items():
        SubElement(properties, "Property", {"Id": f"Microsoft.VisualStudio.Code.{name}", "Value": value})
    SubElement(metadata, "License").text = "extension/LICENSE.txt"
    installation = SubElement(root, "Installation")
    SubElement(installation, "InstallationTarget", {"Id": "Microsoft.VisualStudio.Code"})
    SubElement(root, "Dependencies")
    assets = SubElement(root, "Assets")
    for name, path in {
        "Code.Manifest": "package.json",
        "Services.Content.Details": "README.md",
        "Services.Content.License": "LICENSE.txt",
    }.items():
        asset = {"Type": f"Microsoft.VisualStudio.{name}", "Path": f"extension/{path}", "Addressable": "true"}
        SubElement(assets, "Asset", asset)
    return tostring(root, "utf-8", xml_declaration=True)


def _types(paths: list[Path]) -> bytes:
    """What is in the files, by their endings; each of those that there are."""
    root = Element("Types", {"xmlns": "http://schemas.openxmlformats.org/package/2006/content-types"})
    for ending in sorted({path.suffix for path in paths} | {".vsixmanifest"}):
        if ending:
            kind = {"Extension": ending, "ContentType": TYPES.get(ending, "application/octet-stream")}
            SubElement(root, "Default", kind)
    return tostring(root, "utf-8", xml_declaration=True)


def main() -> int:
    """Pack it where it is asked to be."""
    parser = argparse.ArgumentParser(prog="scripts/extension", description="Pack the VS Code extension.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="FOLDER", help="where to; dist/")
    if not shutil.which("npm"):
        print("npm is needed: apt install npm", file=sys.stderr)
        return 2
    try:
        print(pack(parser.parse_args().to))
    except subprocess.CalledProcessError:
        return 1  # npm has said why
    return 0


if __name__ == "__main__":
    sys.exit(main())
