"""What can be installed, built from the files of the tree that git knows. `scripts/package` calls it."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.parser import HeaderParser
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "scripts" / "packaging"

COMPILED = {"orjson"}
"""What is needed in its compiled form or not at all: vnetsh does without."""

SHARES = {
    "man": "usr/share/man",
    "bash-completion": "usr/share/bash-completion",
    "zsh/site-functions": "usr/share/zsh/vendor-completions",
    "fish": "usr/share/fish",
}
"""Where Debian has what the wheel has in its `share`."""


class Build:
    """One build, in a scratch folder; what was asked for is put into `to`."""

    def __init__(self, scratch: Path, to: Path) -> None:
        self.scratch, self.to = scratch, to

    @cached_property
    def source(self) -> Path:
        """The tree's files, without what building or running left there."""
        copy = self.scratch / "source"
        for name in _files_of_the_tree():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        return copy

    @cached_property
    def sdist(self) -> Path:
        """All of it, as setuptools packs it."""
        return self._built_by("sdist", self.source, self.to)

    @cached_property
    def wheel(self) -> Path:
        """Built from the sdist: so that holds all that is needed."""
        sdist = self._built_by("sdist", self.source, self.scratch)
        with tarfile.open(sdist) as packed:
            packed.extractall(self.scratch)
        return self._built_by("wheel", self.scratch / sdist.name.removesuffix(".tar.gz"), self.to)

    def _built_by(self, what: str, source: Path, to: Path) -> Path:
        code = f"import sys; from setuptools import build_meta as b; print(b.build_{what}(sys.argv[1]))"
        done = _run([sys.executable, "-c", code, str(to)], cwd=source)
        return to / done.splitlines()[-1]

    @cached_property
    def installed(self) -> Path:
        """A folder with vnetsh and all that it stands on, in plain Python: any Python from 3.11 on takes it."""
        folder = self.scratch / "installed"
        named = [name for name in _requirements(self.wheel) if re.split(r"[^\w.-]", name)[0] not in COMPILED]
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", str(folder)]
        _run([*pip, "--no-deps", str(self.wheel)])
        _run([*pip, *named])
        for path in [*folder.rglob("*.so"), *folder.glob("bin"), *folder.rglob("direct_url.json")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return folder

    @cached_property
    def zipapp(self) -> Path:
        """One file that runs where there is a Python."""
        file = self.to / "vnetsh.pyz"
        names = sorted(path for path in self.installed.rglob("*") if path.is_file())
        digest = hashlib.sha256()
        for path in names:
            digest.update(f"{path.relative_to(self.installed)}\0".encode() + path.read_bytes())
        start = (PARTS / "zipapp_main.py").read_text().replace("@DIGEST@", digest.hexdigest()[:16])
        with file.open("wb") as out:
            out.write(b"#!/usr/bin/env python3\n")
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
                for path in names:
                    about = zipfile.ZipInfo.from_file(path, path.relative_to(self.installed))
                    about.date_time = (1980, 1, 1, 0, 0, 0)
                    packed.writestr(about, path.read_bytes(), zipfile.ZIP_DEFLATED)
                packed.writestr(zipfile.ZipInfo("__main__.py"), start)
        file.chmod(0o755)
        return file

    @cached_property
    def deb(self) -> Path:
        """A package for Debian: the same folder in /usr/lib/vnetsh; libvirt's module and ssh are Debian's."""
        root, version = self.scratch / "deb", _metadata(self.wheel)["Version"]
        library = root / "usr" / "lib" / "vnetsh"
        shutil.copytree(self.installed, library)
        for name, place in SHARES.items():
            shutil.copytree(library / "share" / name, root / place)
        shutil.rmtree(library / "share")
        for page in (root / SHARES["man"]).rglob("*.[17]"):
            _compress(page)
        documents = root / "usr" / "share" / "doc" / "vnetsh"
        shutil.copytree(self.source / "docs", documents / "docs", ignore=shutil.ignore_patterns("man"))
        for name in ("README.md", "CHANGELOG.md"):
            shutil.copy(self.source / name, documents / name)
        _compress((documents / "CHANGELOG.md").rename(documents / "changelog"))
        shutil.copy(PARTS / "copyright", documents / "copyright")
        program = root / "usr" / "bin" / "vnetsh"
        program.parent.mkdir()
        shutil.copy(PARTS / "vnetsh", program)
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path == program or os.access(path, os.X_OK) else 0o644)
        self._control(root, version)
        file = self.to / f"vnetsh_{version}_all.deb"
        _run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(file)])
        return file

    def _control(self, root: Path, version: str) -> None:
        """What dpkg wants to know, and what it runs."""
        files = sorted(path for path in root.rglob("*") if path.is_file())
        sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files]
        size = str(sum(path.stat().st_size for path in files) // 1024)
        control = root / "DEBIAN"
        shutil.copytree(PARTS / "DEBIAN", control)
        text = (control / "control").read_text()
        (control / "control").write_text(text.replace("@VERSION@", version).replace("@SIZE@", size))
        (control / "md5sums").write_text("".join(sums))
        for script in ("postinst", "prerm"):
            (control / script).chmod(0o755)


def _files_of_the_tree() -> Iterator[str]:
    """Those that git knows, as they are now; in an unpacked sdist all that are listed there."""
    if (ROOT / ".git").exists():
        listed = _run(["git", "ls-files", "-z", "--cached"], cwd=ROOT).split("\0")
    else:
        listed = next(ROOT.glob("*.egg-info/SOURCES.txt")).read_text().splitlines()
    return (name for name in listed if name and (ROOT / name).is_file() and ".egg-info/" not in name)


def _metadata(wheel: Path) -> Mapping[str, str]:
    with zipfile.ZipFile(wheel) as packed:
        name = next(name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(packed.read(name).decode())


def _requirements(wheel: Path) -> Sequence[str]:
    """What a wheel needs in any case: not its extras."""
    found = _metadata(wheel).get_all("Requires-Dist")  # type: ignore[attr-defined]
    return [requirement for requirement in found if "extra ==" not in requirement]


def _compress(file: Path) -> None:
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    file.unlink()


def _run(argv: Sequence[str], cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> int:
    """Build what was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/package", description="Build what can be installed.")
    kinds: Mapping[str, Callable[[Build], Path]] = {
        "sdist": lambda build: build.sdist,
        "wheel": lambda build: build.wheel,
        "zipapp": lambda build: build.zipapp,
        "deb": lambda build: build.deb,
    }
    parser.add_argument(
        "--to", type=Path, default=ROOT / "dist", metavar="FOLDER", help="where it is put (dist)"
    )
    parser.add_argument("what", nargs="*", choices=[*kinds, []], metavar="|".join(kinds), help="none: all")
    asked = parser.parse_args()
    to = asked.to.resolve()
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vnetsh-package-") as scratch:
        build = Build(Path(scratch), to)
        for what in asked.what or kinds:
            print(kinds[what](build))
    return 0


if __name__ == "__main__":
    sys.exit(main())
