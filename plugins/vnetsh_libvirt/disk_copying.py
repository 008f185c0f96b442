"""A disk that no VM runs with comes to lie elsewhere: copied, compared, and defined."""

from __future__ import annotations

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh_libvirt import remote_files, storage, storage_work, storage_xml
from vnetsh_libvirt.disk_making import noting
from vnetsh_libvirt.disk_move import DiskMove, below, define, keep_thick, make, make_way, options, size_of
from vnetsh_libvirt.disk_plugging import LIVE
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.files import stat
from vnetsh_libvirt.journey import in_words
from vnetsh_libvirt.long_calls import beside
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.storage import Image

_LONG = 24 * 3600.0


def idle(move: DiskMove, disk: Disk) -> None:
    """Copied, compared with what it was copied from, and defined; nobody may have written to it meanwhile."""
    host = move.host
    make_way(move)
    before = stat(host, move.old) if not move.old.startswith(("iscsi://", "nbd://")) else None
    if disk.remote or is_remote(move.new):
        make(move, size_of(move, disk), None, storage_xml.newest(move.form))
        reached("new file of a disk is made")
        written = ("-n", "--target-is-zero", *remote_files.WRITTEN)
        _tool(move, "convert", *written, "-f", move.form, "-O", move.form)
    else:
        _copy(move, disk)
    reached("disk is copied")
    _tool(move, "compare", "-f", move.form, "-F", move.form)
    reached("disk is compared")
    _see_nobody_wrote(move, before)
    define(move, move.new)
    try:
        _see_nobody_wrote(move, before)
    except BackendRefused:
        define(move, move.old)
        raise


def _copy(move: DiskMove, disk: Disk) -> None:
    host, files = move.host, move.files
    image = storage.find_image(host, disk.path)
    if image is None or image.format != disk.format:
        what = (
            "is no more"
            if image is None
            else f"begins as a {image.format} image: its guest may have written that"
        )
        raise BackendRefused(
            f"{host.name}: {disk.path} {what}", help="move it by hand, as the disk that it is"
        )
    new = Image(move.new, move.form, image.capacity, below(move, disk), options=options(image, move.form))
    say = noting(host, move.new, files, in_words(move.tell))
    files.make(host, move.new, lambda: storage_work.clone(host, image, new, move.owner, say))
    keep_thick(move, image.capacity)


def _tool(move: DiskMove, what: str, *words: str) -> None:
    """Have qemu-img read the old file, and the new one. It locks them: no VM starts with them meanwhile."""
    ends = [remote_files.as_qemu(move.host, path) for path in (move.old, move.new)]
    done = beside(
        lambda: move.host.transport.run(["qemu-img", what, *words, *ends], timeout=_LONG),
        lambda: move.say(f"{'comparing' if what == 'compare' else 'copying'} {move.old} and {move.new}"),
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise BackendRefused(
            f"{move.host.name}: `qemu-img {what}` of {move.old} and {move.new}: {said[0]}",
            help="it runs as the user of the ssh connection: may that read and write these files?",
        )


def _see_nobody_wrote(move: DiskMove, before: object) -> None:
    """Raise `BackendRefused` where the VM runs with the old file by now, or somebody has written to it."""
    live = move.where().get(LIVE)
    now = stat(move.host, move.old) if before else None
    if (live and live.path == move.old) or (before and (now is None or now != before)):
        raise BackendRefused(f"{move.host.name}: {move.old} is in use by now: {move.owner} stays with it")
