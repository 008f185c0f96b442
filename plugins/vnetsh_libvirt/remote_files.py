"""Disks over the network, as a host reaches them: told of, made, made larger, removed. By QEMU's tools and libnfs.

No kernel has to know NFS, iSCSI or NBD for it: the host has what its QEMU has (in Debian: `qemu-block-extra`).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from vnetsh.errors import BackendRefused
from vnetsh_libvirt.facts import ImageFile
from vnetsh_libvirt.heads import Head
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.pool_secrets import key_to
from vnetsh_libvirt.remote import PORTS, VOLUME_GROUP, is_remote, parts_of, same_of_all

PATIENCE = 3
"""Seconds in which a server must have told of a disk: a host is not to be waited for because its storage hangs."""

_LONG = 3600.0

_NEWEST = {"qcow2": ("-o", "compat=1.1")}
"""Options of new images, by their format: as `storage_xml.newest`."""

WRITTEN = ("-t", "writeback")
"""Options of `qemu-img convert` with which it ends when its server has what was written, on its disk."""

_KEY = "secret,id=key,format=base64,file=/dev/stdin"
"""How QEMU's tools are given a secret: no list of processes shows it."""

_INFO = (  # each answer is one short write, so that those of several do not get mixed
    'one() { told=$(printf %s "$5" | timeout "$1" qemu-img info -U --output=json ${5:+--object "$6"} -f "$2" "$4" 2>&1)'
    '; printf "%s %s %s\\0" "$3" $? "$told"; }; wait=$1; how=$2; shift 2; '
    'while test $# -gt 2; do key=; test -z "$how" || read -r key; one "$wait" "$1" "$2" "$3" "$key" "$how" & shift 3; '
    "done; wait"
)
_HELP = (
    "{tool} of {host} does this: is its package there (Debian: qemu-utils, qemu-block-extra, python3), and does the "
    "server answer?"
)

_HAS_GROUP = (
    "grep -q device-mapper /proc/misc || { echo its kernel has no device-mapper >&2; exit 1; }; "
    'type vgs >/dev/null 2>&1 || { echo "it has no vgs (Debian: lvm2)" >&2; exit 1; }; '
    'vgs --noheadings -o vg_name -- "$1"'
)
"""Whether a host has a volume group. None is made: that would take devices, and what is on them."""

_NOBODY = "vnetsh-asks"
"""The name of an image that no pool of Ceph's has: one that says so is reached."""

_THERE = "error reading header from"
"""What QEMU says of an image that is not in its pool, or cannot be read; of all else before that it says otherwise."""

_WHY = {
    124: f"no answer in {PATIENCE} s",  # timeout(1)
    127: "it has no qemu-img to ask by (Debian: qemu-utils)",
}


def told(host: LibvirtHost, disks: Mapping[str, str]) -> dict[str, ImageFile]:
    """What there is at these URLs, each read as its format; without those of which nobody tells."""
    answers = asked(host, disks)
    return {url: answer for url, answer in answers.items() if isinstance(answer, ImageFile)}


def asked(host: LibvirtHost, disks: Mapping[str, str]) -> dict[str, ImageFile | str]:
    """What there is at these URLs, each read as its format, or why a host cannot tell."""
    if not disks:
        return {}
    found: dict[str, ImageFile | str] = {}
    words, keys = list[str](), list[str]()
    for url, form in sorted(disks.items()):
        try:
            keys.append(key_to(host, url))
        except BackendRefused as error:
            found[url] = error.message
            continue
        words += (form, url, _opened(url, form))
    if not keys:
        return found
    script, wait = ["sh", "-c", _INFO, "sh", str(PATIENCE)], host.timeout + PATIENCE
    if any(keys):
        lines = "".join(f"{key}\n" for key in keys)
        done = host.transport.run([*script, _KEY, *words], input=lines, timeout=wait)
    else:
        done = host.transport.ask([*script, "", *words], timeout=wait)
    for entry in done.stdout.split("\0")[:-1]:
        url, code, said = entry.split(" ", 2)
        if code == "0":
            found[url] = _image(json.loads(said[said.index("{") :]))  # QEMU's warnings come before it
        else:
            found[url] = _WHY.get(int(code)) or _reason(said, url)
    return found


def _reason(said: str, url: str) -> str:
    """Why a tool of QEMU's could not, in its words, without what it was told to open."""
    line = said.strip().rpartition("\n")[2].removeprefix("qemu-img: ")
    return re.sub(r"'json:.*?}}'|'rbd:.*?'", f"'{url}'", line)


def _opened(url: str, form: str) -> str:
    """A URL as QEMU's tools take it: no URL of theirs has Ceph's images, or a user without his secret beside him."""
    found = parts_of(url)
    if found is None or not (found.user or found.protocol == "rbd"):
        return url
    pool, _, name = found.name.rpartition("/")
    node: dict[str, object]
    if found.protocol == "rbd":
        servers = [{"host": host, "port": port or "6789"} for host, port in found.servers]
        node = {"driver": "rbd", "pool": pool, "image": name, "server": servers}
        node |= {"user": found.user, "key-secret": "key"} if found.user else {}
    else:
        ((host, port),) = found.servers
        portal = f"{f'[{host}]' if ':' in host else host}:{port or PORTS['iscsi']}"
        node = {"driver": "iscsi", "transport": "tcp", "portal": portal, "target": pool, "lun": int(name)}
        node |= {"user": found.user, "password-secret": "key"}
    return "json:" + json.dumps({"driver": form, "file": node})


def _image(about: Mapping[str, Any]) -> ImageFile:
    size, occupied = int(about["virtual-size"]), int(about.get("actual-size", 0))
    if about["format"] == "raw":
        return ImageFile(size, occupied)
    old = about.get("format-specific", {}).get("data", {}).get("compat") == "0.10"
    return ImageFile(occupied, occupied, head=Head(about.get("backing-filename", ""), size=size, old=old))


def size_of(host: LibvirtHost, url: str, form: str) -> int | None:
    """How large the disk there is for its guest, in bytes; None where nobody tells."""
    image = told(host, {url: form}).get(url)
    return None if image is None else in_image(image)


def in_image(image: ImageFile) -> int:
    """How large the disk in what there is at a URL is for a guest."""
    return image.head.size if image.head else image.size


def create(host: LibvirtHost, url: str, form: str, size: int) -> None:
    """Make of a new, empty file there an image of that size. Raises `BackendRefused`."""
    _run(
        host, ["qemu-img", "create", "-q", "-f", form, *_NEWEST.get(form, ()), as_qemu(host, url), str(size)]
    )


def copy(host: LibvirtHost, path: str, form: str, url: str, new_form: str) -> None:
    """Have a whole image, with all that it builds on, in a new file there. Raises `BackendRefused`."""
    new = (new_form, *_NEWEST.get(new_form, ()))
    command = ["qemu-img", "convert", "-U", *WRITTEN, "-f", form, "-O", *new, path, as_qemu(host, url)]
    _run(host, command, timeout=_LONG)


def grow(host: LibvirtHost, url: str, form: str, size: int) -> None:
    """Make a disk larger that no running VM has. Raises `BackendRefused`."""
    _run(host, ["qemu-img", "resize", "-q", "-f", form, as_qemu(host, url), str(size)])


def user_of(host: LibvirtHost, url: str) -> str:
    """The domain of a host that has that as a disk; empty when none does."""
    return next((view.name for view in host.views() if url in (disk.path for disk in view.remote_disks)), "")


def runs_with(host: LibvirtHost, disks: Sequence[str]) -> str:
    """The domain of a host that runs with one of these disks; empty when none does."""
    urls = {same_of_all(url) for url in disks}
    if not urls:
        return ""
    found = (view for view in host.running() if any(same_of_all(d.path) in urls for d in view.remote_disks))
    return next((view.name for view in found), "")


def as_qemu(host: LibvirtHost, url: str) -> str:
    """A URL by which a tool is the same user of an NFS server as the QEMU that libvirt starts."""
    if not url.startswith("nfs://"):
        return url
    user, group = host.qemu_user
    return f"{url}?uid={user}&gid={group}"


def ask_nfs(host: LibvirtHost, what: str, url: str, *words: str) -> list[str] | None:
    """Have libnfs do that with a file; what it says, None where there is no such file. Raises `BackendRefused`.

    `stat`: its identity, the seconds of its last change and of its last writing, and its size; `create`: likewise, of a
    new file, refused where there is one; `used`: the bytes that it has on the server's disk. Nothing: `remove` (with an
    identity), `link` and `rename` (with a name in its folder), of which only the last replaces a file, at one blow.
    `list`, of a folder: names and sizes.
    """
    program = files("vnetsh_libvirt").joinpath("data/nfs_file.py").read_text()
    user, group = host.qemu_user
    said = _run(host, ["python3", "-", what, url, user, group, *words], input=program, absent=3)
    return None if said is None else said.split()


def ask_server(host: LibvirtHost, url: str) -> None:
    """See whether a host reaches a pool's server, which lets it in, and has that. Raises `BackendRefused`."""
    if url.startswith("iscsi://"):
        program = files("vnetsh_libvirt").joinpath("data/iscsi_target.py").read_text()
        secret = base64.b64decode(key_to(host, f"{url}/0"))
        program = program.replace(
            'SECRET = b""', f"SECRET = {secret!r}", 1
        )  # so no list of processes shows it
        _run(host, ["timeout", str(PATIENCE), "python3", "-", url, str(PATIENCE)], input=program)
    elif url.startswith(VOLUME_GROUP):
        _run(host, ["sh", "-c", _HAS_GROUP, "sh", url.removeprefix(VOLUME_GROUP)])
    elif url.startswith("rbd://"):
        nobody = f"{url}/{_NOBODY}"
        said = asked(host, {nobody: "raw"})[nobody]
        if isinstance(said, str) and not (_THERE in said and _NOBODY in said):
            raise BackendRefused(
                f"{host.name}: {url}: {said}", help=_HELP.format(tool="qemu-img", host=host.name)
            )
    else:
        ask_nfs(host, "list", url)


def _run(
    host: LibvirtHost,
    command: Sequence[str],
    *,
    input: str = "",
    timeout: float = 0.0,
    absent: int | None = None,
) -> str | None:
    done = host.transport.run(command, input=input, timeout=timeout or host.timeout)
    if done.returncode == absent:
        return None
    if done.returncode:
        told = _WHY.get(done.returncode) if command[0] == "timeout" else None
        said = [told] if told else done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        url = next((word for word in command if is_remote(word)), "")
        where = f"{url.partition('?')[0]}: " if url else ""
        tool = command[2 if command[0] == "timeout" else 0]
        raise BackendRefused(f"{host.name}: {where}{said[0]}", help=_HELP.format(tool=tool, host=host.name))
    return done.stdout
