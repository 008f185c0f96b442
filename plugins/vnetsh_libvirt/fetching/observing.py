"""The images of a host that vnetsh fetched, as its folders tell. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vnetsh.model import Resource, Value
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.fetching.marks import marked

CHANGED = "changed since it was fetched"


def observed_images(facts: LibvirtFacts, host: str) -> Iterator[Resource]:
    """Those with a mark, in the image folder first: a name is one image's on a host."""
    pools = {str(PurePosixPath(path)): name for name, path in (facts.pools or {}).items()}
    known = set[str]()
    for folder in dict.fromkeys((facts.folder, *pools)):
        files = facts.files(folder) or {}
        for name in sorted(files.keys() - known):
            found = marked(name, files)
            if found is None:
                continue
            known.add(name)
            values: dict[str, Value] = {"from": found.source, "folder": folder}
            if found.unchanged:
                values["sha256"] = found.sha256
            else:
                values["note"] = CHANGED
            if folder in pools and folder != facts.folder:
                values["pool"] = pools[folder]
            yield Resource("image", name, host, values, backend=NAME, marked=True)
