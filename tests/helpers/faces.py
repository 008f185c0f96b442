"""A face of a session in this process, as the command line has one."""

from __future__ import annotations

import argparse

from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.session import Session


def face_of(session: Session, output: str = "table") -> Face:
    """One that asks nothing."""
    arguments = argparse.Namespace(
        output=output, yes=True, max_impact="destroy", explain=False, only_plan=False
    )
    face = Face(Options(session.plugins, "run", arguments))
    face.session = session
    return face
