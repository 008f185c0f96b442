"""What it costs to have an image, and what speaks against it. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from vnetsh.backend import FREE, Assessment
from vnetsh.model import ActionKind, Change, Fleet, Impact, Resource
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.fetching.observing import CHANGED
from vnetsh_libvirt.imaging import folder_of
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.users import builder, reader, writer


def assess_image(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of an image, or the problem that forbids it."""
    image = change.resource
    path = path_of(image, fleet)
    if change.action is ActionKind.REMOVE:
        return _used(image, path, fleet) or _lost(image)
    if change.action is ActionKind.ADD:
        return _place(image, path, fleet) or _there(image, path, fleet)
    if "from" in change.differing():
        return Assessment(how="its content is compared, and where it comes from is written down anew")
    return FREE


def path_of(image: Resource, fleet: Fleet) -> str:
    """The file of an image."""
    pool = fleet.get("pool", image.place, image.text("pool")) if image.get("pool") else None
    folder = pool.text("path") if pool else image.text("folder") or folder_of(fleet, image.place)
    return str(PurePosixPath(folder) / image.name)


def _place(image: Resource, path: str, fleet: Fleet) -> Assessment | None:
    """Where nobody sees what is there nothing is put."""
    there, folder = facts(fleet, image.place), str(PurePosixPath(path).parent)
    new = image.get("pool") and fleet.get("pool", image.place, image.text("pool"))
    if there.files(folder) is not None or new:
        return None
    return refused(
        "E545",
        image,
        f"the folder {folder} of {image.place} is not there, or may not be read",
        "`sudo` in the host's sentence, or root; or a `pool` that it may read",
        word="pool",
    )


def _there(image: Resource, path: str, fleet: Fleet) -> Assessment:
    there = facts(fleet, image.place)
    what, file = there.at(path), there.file(path)
    if not what and not image.text("from"):  # others put it there, and it is to be taken back that it went
        message = f"nobody knows where image `{image.name}` came from: it cannot be fetched again"
        return refused("E540", image, message, f"put it back by hand: {path} on {image.place}")
    if not what:
        return Assessment(how=f"{image.place} fetches it")
    if file is None:
        return refused(
            "E541", image, f"{path} on {image.place} is {what}", "choose another name, or move that away"
        )
    if user := writer(fleet, image.place, path):
        return refused(
            "E541",
            image,
            f"{path} on {image.place} is the disk of vm `{user}`, which writes to it: it is no image",
            "choose another name",
        )
    return Assessment(
        how=f"a file of that name is on {image.place}: it is kept where it has that content, else refused"
    )


def _used(image: Resource, path: str, fleet: Fleet) -> Assessment | None:
    asked = fleet, image.place, path
    if user := writer(*asked) or builder(*asked) or reader(*asked):
        return refused(
            "E544",
            image,
            f"image `{image.name}` on {image.place} is needed by vm `{user}`",
            f"delete that first: `delete vm {user}`; or keep the image",
        )
    return None


def _lost(image: Resource) -> Assessment:
    if not image.marked:
        return Assessment(Impact.DESTROY, (), "others put it there, and nothing is known of where from")
    if image.get("note") == CHANGED:
        return Assessment(Impact.DESTROY, (), "it was changed since it was fetched")
    if not image.text("from").startswith(("http://", "https://")):
        return Assessment(Impact.DESTROY, (), "it does not come again by itself")
    return Assessment(how="it can be fetched again")
