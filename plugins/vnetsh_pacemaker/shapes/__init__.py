"""How each kind of thing stands in a CIB: one module a kind."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh_pacemaker.shapes.fences import FENCE
from vnetsh_pacemaker.shapes.kept import Shape
from vnetsh_pacemaker.shapes.vips import VIP
from vnetsh_pacemaker.shapes.vms import VM

SHAPES: Mapping[str, Shape] = {shape.kind: shape for shape in (FENCE, VIP, VM)}
