"""In the guest: `python3 -m vnetsh_lab.nocloud FOLDER` prints the script of the seed in that folder."""

from __future__ import annotations

import sys
from pathlib import Path

from vnetsh_lab.nocloud.script import script


def main(folder: Path) -> None:
    """Print the script."""
    names = ("meta-data", "user-data", "network-config")
    files = {name: (folder / name).read_text() for name in names if (folder / name).exists()}
    links = {
        link.name: (link / "address").read_text().strip()
        for link in sorted(Path("/sys/class/net").iterdir())
        if (link / "device").exists()
    }
    print(script(files, links), end="")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
