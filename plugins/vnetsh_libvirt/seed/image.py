"""A seed as an image of a CD. Its label, `cidata`, is what guests look for."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

LABEL = "cidata"


def iso(files: Mapping[str, str]) -> bytes:
    """An ISO 9660 image with these files, by their own names (Rock Ridge, Joliet)."""
    import pycdlib

    image = pycdlib.PyCdlib()
    image.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    for number, (name, text) in enumerate(files.items()):
        data = text.encode()
        image.add_fp(BytesIO(data), len(data), f"/FILE{number}.;1", rr_name=name, joliet_path=f"/{name}")
    out = BytesIO()
    image.write_fp(out)
    image.close()
    return out.getvalue()


def says_the_same(new: bytes, there: bytes, files: Mapping[str, str]) -> bool:
    """Whether what is there is an image of the same files as a new one, made at another time.

    Nothing is parsed, for it may be anything: what is not a date, the descriptors before the files, is as long as in
    the new one, and has the same label; the files lie behind that.
    """
    begin = min(new.find(text.encode()) for text in files.values())
    label = slice(*(new.find(LABEL.encode()) + n for n in (0, len(LABEL))))
    return len(new) == len(there) and new[label] == there[label] and new[begin:] == there[begin:]
