"""Programs of Debian's packages in a guest's tree, with the libraries that they load."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from vnetsh_lab.images.steps import fetch, needed, refused, run


def put_agent(work: Path, tree: Path) -> None:
    """QEMU's guest agent."""
    fetch(work, "agent", "qemu-guest-agent")
    _put_program(work / "agent/usr/sbin/qemu-ga", tree, "qemu-ga")


def put_python(work: Path, tree: Path, *folders: Path) -> None:
    """Debian's Python with its minimal library, as `python3`; these folders of the tree are compiled, too."""
    name = needed(work, "python3-minimal", r"(python3\.[0-9]+)-minimal")
    fetch(work, "python", f"{name}-minimal", f"lib{name}-minimal")
    program = work / "python/usr/bin" / name
    _put_program(program, tree, name)
    (tree / "bin/python3").symlink_to(name)
    library = tree / "lib" / name
    shutil.copytree(work / "python/usr/lib" / name, library, symlinks=True)
    # Compiled beforehand: a guest without KVM would need seconds for it.
    paths = [str(path) for path in (library, *folders)]
    run(str(program), "-I", "-S", "-m", "compileall", "-q", "-s", str(tree), *paths, cwd=work)


def _put_program(program: Path, tree: Path, name: str) -> None:
    """Put a program and its libraries into a tree.

    The libraries are this machine's, where the program could be installed as well: QEMU and Python need them.
    """
    shutil.copy(program, tree / "bin" / name)
    said = run("ldd", str(program), cwd=tree)
    missing = re.findall(r"(\S+) => not found", said)
    if missing:
        raise refused(f"{name} needs {' '.join(missing)}", help=f"`ldd {program}` must find all")
    for library in re.findall(r"(/\S+) \(0x", said):
        target = tree / library.lstrip("/").removeprefix("usr/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(library, target)
