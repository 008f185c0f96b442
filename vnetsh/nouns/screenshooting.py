"""What `screenshot` does: which vm is meant, its picture, and that in the format of the file's name."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from vnetsh.backend import NO_DISPLAY
from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import CannotTell
from vnetsh.model import Resource, is_off
from vnetsh.nouns.capturing import made
from vnetsh.nouns.which import ambiguous, written
from vnetsh.schema import Answer
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase

_PNG = b"\x89PNG\r\n\x1a\n"
_PPM = re.compile(rb"P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+255\s")
"""Netpbm's colour pictures of a byte a colour (ppm(5)): width and height."""


def answer(action: Phrase, asking: Asking) -> Answer:
    """The picture, in a file. Raises `CannotTell`, `UsageError`, `HostUnreachable`."""
    vm, path = _vm(action, asking), Path(str(action.value("to")))
    with made(path) as file:
        picture = asking.connection(asking.inventory[vm.place], vm.backend).screenshot(vm)
        kind = "png" if picture.startswith(_PNG) else "ppm"
        wanted = path.suffix.lower().removeprefix(".")
        if wanted == "png" and kind == "ppm":
            picture, kind = png(picture), "png"
        if wanted in ("png", "ppm") and wanted != kind:
            help = f"say `to {path.with_suffix('.' + kind)}`"
            raise CannotTell(
                f"the host of {vm.name} gives a picture as {kind.upper()}", help=help, code=NO_DISPLAY
            )
        file.write_bytes(picture)
    width, height = _size(picture)
    text = f"the display of {vm.name} on {vm.place}, {width}x{height}: {path}"
    data = {
        "vm": vm.name,
        "host": vm.place,
        "width": width,
        "height": height,
        "file": str(path),
        "format": kind,
    }
    return Answer(text, data)


def _vm(action: Phrase, asking: Asking) -> Resource:
    """The vm that is meant, and runs. Raises `CannotTell`."""
    fleet, host = asking.observe(), str(action.value("on") or "")
    found = [vm for vm in fleet.named("vm", action.name) if host in ("", vm.place)]
    if len(found) > 1:
        problem = ambiguous(found, None, "screenshot", f" to {action.value('to')}")
        raise CannotTell(problem.message, help=problem.help, code=problem.code)
    if not found:
        known = [vm.name for vm in fleet.of_kind("vm")]
        silent = "; ".join(error.message for error in fleet.unreachable.values())
        help = f"it may be where nobody answers: {silent}" if silent else "`show vms` lists them all"
        raise CannotTell(
            f"there is no vm `{action.name}`", help=did_you_mean(action.name, known, help), code="E301"
        )
    [vm] = found
    if is_off(vm):
        what = f"vm {vm.name} on {vm.place} is off: it shows nothing"
        raise CannotTell(what, help=f"start it: `start {written(vm.name)}`", code=NO_DISPLAY)
    return vm


def _size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG or PPM, 0 where neither is told."""
    if picture.startswith(_PNG):
        width, height = struct.unpack(">II", picture[16:24])
        return width, height
    head = _PPM.match(picture)
    return (int(head[1]), int(head[2])) if head else (0, 0)


def png(ppm: bytes) -> bytes:
    """A PPM as a PNG (ISO/IEC 15948). Raises `CannotTell` where it is none of 8 bits a colour."""
    head = _PPM.match(ppm)
    width, height = _size(ppm)
    line = 3 * width
    pixels = ppm[head.end() :] if head else b""
    if len(pixels) < line * height or not line:
        raise CannotTell("the host gives a picture that is neither a PNG nor a PPM", code=NO_DISPLAY)
    rows = b"".join(b"\0" + pixels[line * row : line * (row + 1)] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, red, green and blue
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
