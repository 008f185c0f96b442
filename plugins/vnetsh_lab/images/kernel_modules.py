"""Modules of a kernel that was unpacked: those that are wanted, with all that they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vnetsh_lab.images.steps import refused, run

_SIGNED = b"~Module signature appended~\n"
_ABOUT_SIGNATURE = 12  # bytes between the signature and that mark; the last four are the signature's length


def put_modules(tree: Path, origin: Path, names: Iterable[str]) -> None:
    """Put modules into a guest's tree, with the index of its modprobe; `origin` is a release's folder."""
    target = tree / "lib/modules" / origin.name
    target.mkdir(parents=True)
    known = {_plain(path.stem): path for path in origin.rglob("*.ko")}
    waiting = [_plain(name) for name in names]
    put: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in put:
            continue
        if name not in known:
            raise refused(
                f"the kernel has no module {name}", help=f"{origin.name} is another kernel than expected"
            )
        put.add(name)
        content = _unsigned(known[name].read_bytes())
        (target / known[name].name).write_bytes(content)
        waiting += _stands_on(content)
    run("busybox", "depmod", "-b", str(tree.resolve()), origin.name, cwd=tree)


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _unsigned(module: bytes) -> bytes:
    """A module without its signature: to check one takes a guest without KVM a tenth of a second."""
    if not module.endswith(_SIGNED):
        return module
    length = int.from_bytes(module[-len(_SIGNED) - 4 : -len(_SIGNED)], "big")
    return module[: -len(_SIGNED) - _ABOUT_SIGNATURE - length]


def _stands_on(module: bytes) -> list[str]:
    """What a module says of itself: the modules without which it cannot be loaded."""
    said = re.search(rb"\0depends=([^\0]*)\0", module)
    return [_plain(name) for name in said[1].decode().split(",") if name] if said else []
