"""Groups of ports follow their members: a vm's port is in each group that names the vm, whichever comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vnetsh_ovn.marks import MEMBERS, VM, ids_of
from vnetsh_ovn.pieces import Piece, Within
from vnetsh_ovn.rows import GROUP, SWITCH_PORT, Index, Ref, key_of

_BETWEEN = "/"  # no vm has it in its name


def listed(members: Iterable[object]) -> str:
    """Vms as such a group has them."""
    return _BETWEEN.join(map(str, members))


def members_of(text: str | None) -> tuple[str, ...]:
    """The vms that such a group has, by what it says."""
    return tuple(text.split(_BETWEEN)) if text else ()


def following(index: Index, pieces: Iterable[Piece]) -> Mapping[str, list[Ref]]:
    """By vm the groups that its ports belong into: of those that are there, and of pieces that are yet to be."""
    there = ((Ref(GROUP, key_of(row)), ids_of(row)) for _, row in index.rows(GROUP))
    new = ((one.ref, one.keys.get("external_ids", {})) for one in pieces if one.ref.table == GROUP)
    found: dict[str, list[Ref]] = {}
    for ref, ids in dict([*there, *new]).items():
        for vm in members_of(ids.get(MEMBERS)):
            found.setdefault(vm, []).append(ref)
    return found


def joined(piece: Piece, groups: Mapping[str, list[Ref]]) -> Piece:
    """A piece that is yet to be: a vm's port with the groups of that vm."""
    vm = piece.keys.get("external_ids", {}).get(VM) if piece.ref.table == SWITCH_PORT else None
    more = [Within(ref, "ports") for ref in groups.get(vm or "", ())]
    return piece._replace(within=tuple(dict.fromkeys((*piece.within, *more)))) if more else piece
