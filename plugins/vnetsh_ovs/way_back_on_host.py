"""The program on a host that takes back one transaction of Open vSwitch's database, unless it is confirmed.

Sent to a host's Python (3.7 or newer) as its text; called in its guard's folder with a word and the step's number,
and its data as input. While `gate` is in the database a transaction of the run may happen; going back closes it first,
so none comes late, and takes back only what is in effect: that says a key of the step's own.

What a server that is busy, gone or being restarted does not do it may do later: only what it never will is the end.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENCE = 5.0  # seconds that the server may take
FOLLOW = 1000  # milliseconds in which vswitchd has mostly made it so
NEVER = 3  # how it ends where the transaction cannot be taken back any more
UNCLEAR = 4  # how `open` ends where nobody knows whether the server did it, or will
FINAL = {  # what a server has against a transaction that it will have against it again; a full disk is nothing of it
    "constraint violation",
    "domain error",
    "duplicate uuid",
    "range error",
    "referential integrity violation",
    "syntax error",
    "unknown column",
    "unknown table",
}


def transact(path: str, operations: Any) -> Any:
    """The results of a transaction."""
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(PATIENCE)
        way.connect(path)
        way.sendall(json.dumps({"method": "transact", "params": operations, "id": 1}).encode())
        text = b""
        while True:
            data = way.recv(1 << 16)
            if not data:
                raise OSError("the connection was closed")
            text += data
            try:
                reply = json.loads(text)
            except ValueError:
                continue
            if reply.get("error"):
                raise OSError(str(reply["error"]))
            return reply["result"]


def failure(results: Any) -> int:
    """How it ends by what a server has against a transaction, which is printed; 0 where it was made."""
    for result in results:
        if result and "error" in result:
            print("ovsdb-server: " + ": ".join(str(result[w]) for w in ("error", "details") if result.get(w)))
            return NEVER if result["error"] in FINAL else 1
    return 0


def back(told: Any, number: str) -> int:
    """Take the transaction back, if it is in effect; called again, go on with it."""
    taking = Path(number + ".taking")  # it was in effect, and the server may have been told
    closed = transact(told["socket"], told["close"])
    if failure(closed):
        return 1
    if closed[-1]["rows"]:
        taking.touch()
    results = transact(told["socket"], told["back"])
    if results and results[0] and results[0].get("error") == "timed out":
        if not taking.exists():
            return 0  # it is not in effect
    elif code := failure(results):
        return code
    else:
        follow(told, results)
    for argv in told["then"]:
        subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5
        )
    return 0


def follow(told: Any, results: Any) -> None:
    """Wait until vswitchd has made it so, but not for long."""
    number = next(row["next_cfg"] for result in results for row in (result or {}).get("rows", ()))
    wait = dict(told["follow"], timeout=FOLLOW, rows=[], until="!=")
    wait["where"] = [["cur_cfg", ">=", number]]
    transact(told["socket"], [told["back"][0], wait])


def main(word: str, number: str) -> int:
    """Do what the word says."""
    told = json.load(sys.stdin)
    try:
        return back(told, number) if word == "back" else failure(transact(told["socket"], told[word]))
    except OSError as error:
        print(f"ovsdb-server at {told['socket']}: {error.strerror or error}")
        away = isinstance(error, (ConnectionRefusedError, FileNotFoundError))
        return 1 if away else UNCLEAR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
