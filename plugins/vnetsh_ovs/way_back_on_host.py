"""The program on a host that takes back one transaction of Open vSwitch's database, unless it is confirmed.

Sent to a host's Python (3.7 or newer) as its text; called with one word, and its data as input. While `gate` is in the
database a transaction of the run may happen; going back closes it first, so none comes late, and takes back only what
is in effect: that says a key of the step's own.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import Any

PATIENCE = 5.0  # seconds that the server may take
FOLLOW = 1000  # milliseconds in which vswitchd has mostly made it so
NEVER = 3  # how it ends where the transaction cannot be taken back any more


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
                raise OSError("ovsdb-server closed the connection")
            text += data
            try:
                reply = json.loads(text)
            except ValueError:
                continue
            if reply.get("error"):
                raise OSError(str(reply["error"]))
            return reply["result"]


def wrong(results: Any) -> str:
    """What a server has against a transaction; empty where it was made."""
    for result in results:
        if result and "error" in result:
            return "ovsdb-server: " + ": ".join(str(result[w]) for w in ("error", "details") if result.get(w))
    return ""


def back(told: Any) -> int:
    """Take the transaction back, if it is in effect."""
    transact(told["socket"], told["close"])
    results = transact(told["socket"], told["back"])
    if results and results[0] and results[0].get("error") == "timed out":
        return 0  # it is not in effect
    said = wrong(results)
    if said:
        print(said)
        return NEVER
    number = next(row["next_cfg"] for result in results for row in (result or {}).get("rows", ()))
    wait = dict(told["follow"], timeout=FOLLOW, rows=[], until="!=")
    wait["where"] = [["cur_cfg", ">=", number]]
    transact(told["socket"], [told["back"][0], wait])
    for argv in told["then"]:
        subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5
        )
    return 0


def main(word: str) -> int:
    """Do what the word says."""
    told = json.load(sys.stdin)
    try:
        if word == "back":
            return back(told)
        said = wrong(transact(told["socket"], told[word]))
    except OSError as error:
        said = f"{told['socket']}: {error.strerror or error}"
    if said:
        print(said)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
