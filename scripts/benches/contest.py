"""Contestants in one run, the order rotated, the median of the rounds' ratios to the first of them."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping

ROUNDS = 9
Contestant = Callable[[], float]


def compare(title: str, contestants: Mapping[str, Contestant], rounds: int = ROUNDS) -> None:
    """Run all contestants `rounds` times, the order rotated, each one said; print medians and ratios to the first."""
    names = list(contestants)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            gc.collect()  # what one contestant leaves behind is not collected at the next one's expense
            times[name].append(contestants[name]())
            print(
                f"  round {number + 1}: {times[name][-1] * 1000:9.1f} ms  {name}", file=sys.stderr, flush=True
            )
    print(f"\n{title} ({rounds} rounds)")
    for name in names:
        ratios = [mine / floor for mine, floor in zip(times[name], times[names[0]], strict=True)]
        print(
            f"  {name:<52} {statistics.median(times[name]) * 1000:9.1f} ms   × {statistics.median(ratios):7.2f}"
        )


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
