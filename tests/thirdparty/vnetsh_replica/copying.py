"""Files copied on a host, piece by piece, by a thread: work that goes on by itself and can be cancelled."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from vnetsh.backend import ApplyFailed, JobState
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.hosts.transport import Transport

PIECE = 1 << 16  # bytes


class Copying:
    """Copies files; `copies` are their names, each with what it is a copy of. All are made, or none."""

    def __init__(self, transport: Transport, copies: Mapping[str, str]) -> None:
        self._transport = transport
        self._copies = copies
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._problem = ""
        self._moved = 0
        for file in copies:
            if transport.run(["test", "-e", file]).returncode == 0:
                raise ApplyFailed(f"{file} is there already", help="is it somebody else's?")
        try:
            sizes = run(transport, ["stat", "-L", "-c", "%s", *copies.values()]).split()
        except BackendRefused as error:
            raise ApplyFailed(error.message) from error
        self._sizes = dict(zip(copies, map(int, sizes), strict=True))
        threading.Thread(target=self._work, name="copy", daemon=True).start()

    def look(self) -> JobState:
        """How far it is. Raises `ApplyFailed` when it has failed, and nothing of it is left."""
        ended = self._ended.is_set()
        if ended and self._problem:
            raise ApplyFailed(self._problem)
        return JobState("copying", self._moved, sum(self._sizes.values()), ended=ended)

    def cancel(self) -> None:
        """End after this piece, and take back what was copied."""
        self._cancelled.set()

    def _work(self) -> None:
        try:
            for file, of in self._copies.items():
                self._copy(file, of)
            for file, of in self._copies.items():
                run(self._transport, ["tee", f"{file}.of"], of)
                run(self._transport, ["mv", f"{file}.part", file])
        except VnetshError as error:
            self._problem = error.message
            ends = (".of", ".part", "")
            with suppress(VnetshError):
                run(self._transport, ["rm", "-f", *(f"{file}{end}" for file in self._copies for end in ends)])
        self._ended.set()

    def _copy(self, file: str, of: str) -> None:
        run(self._transport, ["cp", "/dev/null", f"{file}.part"])
        for number in range(-(-self._sizes[file] // PIECE)):
            if self._cancelled.is_set():
                raise BackendRefused("copying was cancelled")
            where = [f"bs={PIECE}", f"skip={number}", f"seek={number}", "count=1", "conv=notrunc"]
            run(self._transport, ["dd", "status=none", f"if={of}", f"of={file}.part", *where])
            self._moved += PIECE


def run(transport: Transport, argv: Sequence[str], input: str = "") -> str:
    """What a command prints. Raises `BackendRefused` with its words when it fails."""
    done = transport.run(argv, input=input)
    if done.returncode:
        raise BackendRefused(done.stderr.strip() or f"{argv[0]} failed")
    return done.stdout
