"""What a host's own Python runs to fetch an image: under its name it is only when it is whole and right.

Python 3.7 and its standard library only. It is told what to do by one line of JSON, and tells how far it is by such
lines. The file has no name at all while it is fetched, so whatever ends this leaves nothing; where a filesystem cannot
do that, it has one that the next fetch knows and removes. When its input ends, it ends.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from typing import Any, BinaryIO

from vnetsh_libvirt.fetching.program_placing import (
    PIECE,
    builds_on,
    digested,
    identity,
    mark_path,
    marked,
    named,
    unnamed,
)
from vnetsh_libvirt.fetching.program_sources import by_qemu, made_of, room, sent
from vnetsh_libvirt.fetching.program_telling import Failed, Master, Meter, say

TRIES = 4
"""Broken connections in a row, none of which brought anything."""


class Full(OSError):
    """A file could not be written, of whatever reason."""


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows where a server leads, but not from what is encrypted to what is not, nor to files."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Where a server leads to. Raises `Failed`."""
        scheme = newurl.split(":", 1)[0].lower()
        if scheme not in ("http", "https") or (req.type == "https" and scheme == "http"):
            raise Failed(
                "the server leads to %s, which is not followed" % bare(newurl), "say that address yourself"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def bare(url: str) -> str:
    """An address without what may be a secret in it."""
    return url.split("?", 1)[0]


def written(file: BinaryIO, data: memoryview) -> None:
    """Write that, which may take several writes where the room ends. Raises `Full`."""
    try:
        while data:
            data = data[file.write(data) :]
    except OSError as error:
        raise Full(error.errno, error.strerror) from error


def untrusted(why: str) -> Failed:
    """What is wrong with a server's certificate, and what helps."""
    if "mismatch" in why or "not valid for" in why or "doesn't match" in why:
        help = "say the server by the name that stands in its certificate"
    elif "expired" in why or "not yet valid" in why:
        help = "a new one has to be put on the server; or is the clock of this host wrong?"
    else:
        help = (
            "`apt-get install ca-certificates` there; an authority of your own: its certificate into "
            "/usr/local/share/ca-certificates there, and `update-ca-certificates`"
        )
    return Failed("the server's certificate is not to be trusted: %s" % why.rstrip("."), help)


def fetched(url: str, file: BinaryIO, folder: str, wait: float) -> str:
    """Fetch to a file; the digest of it all. A connection that breaks is taken up where it broke off."""
    opener = urllib.request.build_opener(Redirects)
    view, digest, done, tag, tries = memoryview(bytearray(PIECE)), hashlib.sha256(), 0, "", 0
    total: int | None = None
    meter = Meter("fetching")
    while True:
        before = done
        try:
            asked = {"Accept-Encoding": "identity", "User-Agent": "vnetsh"}
            if done:
                asked["Range"] = "bytes=%d-" % done
                if tag:
                    asked["If-Range"] = tag
            with opener.open(urllib.request.Request(url, headers=asked), timeout=wait) as answer:
                if done and answer.status != 206:
                    file.seek(0)
                    file.truncate()
                    digest, done = hashlib.sha256(), 0
                tag = answer.headers.get("ETag", "")
                if tag.startswith("W/"):
                    tag = ""
                length = answer.headers.get("Content-Length")
                total = done + int(length) if length else None
                free = os.statvfs(folder)
                if total and total - done > free.f_bavail * free.f_frsize:
                    raise Full(
                        errno.ENOSPC,
                        "it has %d MiB, and %d MiB are free there"
                        % (total >> 20, free.f_bavail * free.f_frsize >> 20),
                    )
                while True:
                    count = answer.readinto(view)
                    if not count:
                        break
                    digest.update(view[:count])
                    written(file, view[:count])
                    done += count
                    meter(done, total)
            if total is None or done == total:
                return digest.hexdigest()
            raise OSError("the server ended it after %d of %d bytes" % (done, total))
        except Full as error:
            raise Failed("it cannot be written: %s" % error.strerror, "free some in %s" % folder) from error
        except urllib.error.HTTPError as error:
            if error.code not in (408, 429) and error.code < 500:
                raise Failed(
                    "the server answers %d (%s)" % (error.code, error.reason), HELP.get(error.code, "")
                ) from error
            why = "the server answers %d (%s)" % (error.code, error.reason)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason: Any = getattr(error, "reason", error)
            if "CERTIFICATE_VERIFY_FAILED" in str(reason):
                raise untrusted(str(getattr(reason, "verify_message", reason))) from error
            if isinstance(reason, socket.timeout):
                reason = "no answer within %g s" % wait
            why = str(getattr(reason, "strerror", None) or reason or type(error).__name__)
        tries = 0 if done > before else tries + 1
        if tries >= TRIES:
            raise Failed(why, "is it to be reached from there? a second run begins anew")
        say(state="again", why=why)
        time.sleep(min(tries, 2) * 0.5)


HELP = {
    401: "it wants to know who asks: `keys FILE`, for an address that begins with s3://",
    403: "it is not for everybody: `keys FILE`, for an address that begins with s3://",
    404: "is the address right?",
}


def waited(master: Master) -> None:
    """Until it is written down that it is about to get its name."""
    if not master.go.wait(60):
        raise Failed("nobody said that it is to be kept")
    master.naming.acquire()


def work(told: dict[str, Any]) -> None:
    """Do what was asked. Raises `Failed`, `OSError`."""
    master, path, wanted = Master(), told["path"], told["sha256"]
    folder = os.path.dirname(path)
    if not os.access(folder, os.W_OK):
        raise Failed("the user there may not write to %s" % folder, "`sudo` in the host's sentence, or root")
    if os.path.lexists(path):
        master.heard()
        if os.path.islink(path) or not os.path.isfile(path):
            raise Failed("%s is there, and is no file" % path, "move it away, or choose another name")
        if digested(path) != wanted:
            raise Failed("%s is there with other content" % path, "move it away, or choose another name")
        say(ready="", size=os.stat(path).st_size)
        waited(master)
        say(made=True, mark=marked(path, os.stat(path), told["mark"]))
        return
    with unnamed(folder, master) as file:
        digest = filled(file, folder, told, master)
        if wanted and digest != wanted:
            raise Failed(
                "what came has the checksum %s, not %s" % (digest, wanted),
                "was it replaced by a newer one? nothing of it is kept",
            )
        if builds_on(file):
            raise Failed("it needs another file (%s): it is no whole image" % builds_on(file))
        os.fsync(file.fileno())
        say(ready=identity(file), size=os.fstat(file.fileno()).st_size)
        waited(master)
        mark = marked(path, os.fstat(file.fileno()), dict(told["mark"], sha256=digest))
        try:
            named(file, path, master)
        except FileExistsError as error:
            os.unlink(mark_path(path))
            raise Failed(
                "%s was made by somebody else meanwhile" % path, "run it again: it is compared then"
            ) from error
        say(made=True, mark=mark)


def filled(file: BinaryIO, folder: str, told: dict[str, Any], master: Master) -> str:
    """Have an image's content in a file, from wherever it comes; its digest. Raises `Failed`."""
    way, url = told["way"], told["url"]
    if way != "http" and told["takes"]:
        room(folder, told["takes"])
    if way == "sent":
        say(send=True)
        digest = sent(file, told["size"], master)
        if told["readonly"]:
            os.fchmod(file.fileno(), 0o444)
        master.heard()
        return digest
    master.heard()
    if way == "disk":
        return made_of(told["disk"], file)
    if way == "nfs":
        return by_qemu(url, told["size"], file)
    if not url:
        raise Failed("%s is not there" % told["path"])
    return fetched(url, file, folder, told["wait"])


def main() -> None:
    """What is asked stands in the first line of the input."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return
        line += piece
    try:
        work(json.loads(line))
    except Failed as error:
        say(failed=str(error), help=error.help)
    except OSError as error:
        say(
            failed="%s%s" % (error.strerror or error, ": %s" % error.filename if error.filename else ""),
            help="",
        )
    sys.stdout.flush()
    os._exit(0)
