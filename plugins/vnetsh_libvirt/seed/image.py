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
