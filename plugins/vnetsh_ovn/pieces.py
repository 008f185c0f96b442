"""What a thing is made of in the northbound database: pieces, each a row that it has to itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from vnetsh.model import NOTHING, Resource
from vnetsh_ovn.marks import KEY, MARK, mark_of
from vnetsh_ovn.rows import Index, Ref

_NO_KEYS: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class Within(NamedTuple):
    """Whose row refers to a piece, and by which of its columns."""

    ref: Ref
    column: str


class Piece(NamedTuple):
    """A row: what it is found by, its columns, and keys of map columns, beside which others may have theirs.

    Columns are as they go over the wire; of one that refers to rows, a tuple of `Ref`. `within` are the rows that refer
    to it: the one that owns it, where its table is no root, and others besides.
    """

    ref: Ref
    columns: Mapping[str, object] = NOTHING
    keys: Mapping[str, Mapping[str, str]] = _NO_KEYS
    within: tuple[Within, ...] = ()


def of(resource: Resource, piece: Piece, *, keyed: bool = False) -> Piece:
    """A piece with the mark of its thing; `keyed`: it has no name of its own to be found by."""
    mine = {MARK: mark_of(resource.owner)} if resource.marked else {}
    mine |= {KEY: piece.ref.key} if keyed else {}
    ids = {**piece.keys.get("external_ids", {}), **mine}
    return Piece(piece.ref, piece.columns, {**piece.keys, "external_ids": ids}, piece.within)


class Found(NamedTuple):
    """A thing that is there, and its rows by table and UUID."""

    resource: Resource
    rows: Sequence[tuple[str, str]]


class Shape(Protocol):
    """How the things of a kind stand in the database. Pure."""

    @property
    def kind(self) -> str:
        """The kind."""

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        """What a thing is made of."""

    def read(self, index: Index, place: str) -> Iterator[Found]:
        """All things of the kind that are there, whoever made them."""
