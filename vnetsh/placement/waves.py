"""The order of moves: what may go at the same time, and what waits until something else has left. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vnetsh.placement.seating import Move, Seating


def waves(seating: Seating, moves: Iterable[Move]) -> tuple[list[tuple[Move, ...]], tuple[Move, ...]]:
    """The moves in waves, and those that would have to wait for one another for ever.

    All moves of a wave may be under way at the same time, in any order: each counts at both its ends until the wave is
    over, and still no host has too little memory, nor two guests that must be apart. `seating` is as after all waves.
    """
    left = sorted(moves, key=lambda move: (-move.guest.memory, move.guest.key))
    found = []
    while left:
        wave = []
        for move in left:
            if seating.takes(move.guest, move.to):
                seating.arrive(move.guest, move.to)
                wave.append(move)
        if not wave:
            break
        for move in wave:
            seating.depart(move.guest, move.guest.host)
        found.append(tuple(wave))
        left = [move for move in left if move not in wave]
    return found, tuple(left)
