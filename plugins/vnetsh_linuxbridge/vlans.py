"""The VLANs that a port of a bridge carries, in the words of `bridge vlan`: `1 pvid untagged`, `2-4094`. Pure.

A bridge that filters VLANs has what comes in untagged in its port's VLAN that is `pvid`, and sends those that are
`untagged` without a tag. A new port is given VLAN 1 so, the bridge itself as well: what is untagged is VLAN 1 there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vnetsh.model import Value

Vlans = tuple[str, ...]
"""All that one carries, in their order."""

USUAL: Vlans = ("1 pvid untagged",)
"""What the kernel gives a new port, and a bridge itself."""
EVERY: Vlans = ("1 pvid untagged", "2-4094")
"""What is untagged, and all VLANs tagged."""
NATIVE = 1
"""The VLAN of what is untagged."""
_OWN = " pvid untagged"

_Table = Mapping[int, str]
"""By VLAN how it is carried: an empty text is tagged."""


def ranges(words: Mapping[int, str]) -> Vlans:
    """The VLANs by their numbers, neighbours that are carried alike in one word; only one can be `pvid`."""
    found: list[tuple[int, int, str]] = []
    for vlan, how in sorted(words.items()):
        if found and found[-1][1:] == (vlan - 1, how) and "pvid" not in how:
            found[-1] = (found[-1][0], vlan, how)
        else:
            found.append((vlan, vlan, how))
    return tuple((f"{one}-{last}" if one != last else str(one)) + how for one, last, how in found)


def vlans_of(entries: Iterable[Mapping[str, object]]) -> Vlans:
    """Those of a link, of what `bridge -json vlan show` tells of it."""
    table: dict[int, str] = {}
    for entry in entries:
        first = int(str(entry["vlan"]))
        flags = entry.get("flags")
        said = flags if isinstance(flags, list) else []
        how = " pvid" * ("PVID" in said) + " untagged" * ("Egress Untagged" in said)
        table.update(dict.fromkeys(range(first, int(str(entry.get("vlanEnd", first))) + 1), how))
    return ranges(table)


def differences(have: Vlans, want: Vlans) -> tuple[Vlans, Vlans]:
    """What is to be taken from it, and what is to be given to it, to come from the one to the other."""
    if have == want:
        return (), ()
    had, wanted = _table(have), _table(want)
    off = {vlan: "" for vlan in had if vlan not in wanted}
    on = {vlan: how for vlan, how in wanted.items() if had.get(vlan) != how}
    return ranges(off), ranges(on)


def table_of(vlan: Value, trunk: Value) -> Vlans:
    """What a port carries of which this is said."""
    tagged = [one for one in trunk if isinstance(one, int)] if isinstance(trunk, tuple) else []
    if not isinstance(vlan, int) and not isinstance(trunk, tuple):
        return USUAL
    return ranges(dict.fromkeys(tagged, "") | ({vlan: _OWN} if isinstance(vlan, int) else {}))


def said(vlans: Vlans) -> tuple[Value, Value] | None:
    """The `vlan` and the `trunk` of which a port carries this; None where no sentence says it."""
    table = _table(vlans)
    own = [vlan for vlan, how in table.items() if how]
    tagged = tuple(sorted(vlan for vlan, how in table.items() if not how))
    vlan = own[0] if own else None
    if [table[one] for one in own] not in ([], [_OWN]) or NATIVE in tagged or not table:
        return None
    if not tagged and vlan == NATIVE:
        return None, None
    return vlan, tagged or None


def nearly(vlans: Vlans) -> tuple[Value, Value]:
    """The `vlan` and the `trunk` that are most like what no sentence says."""
    table = _table(vlans)
    own = next((vlan for vlan, how in table.items() if "pvid" in how), None)
    return own, tuple(sorted(vlan for vlan in table if vlan not in (own, NATIVE)))


def _table(vlans: Vlans) -> _Table:
    return dict(_each(vlans))


def _each(vlans: Vlans) -> Iterator[tuple[int, str]]:
    for words in vlans:
        numbers, blank, how = words.partition(" ")
        first, _, last = numbers.partition("-")
        for vlan in range(int(first), int(last or first) + 1):
            yield vlan, blank + how
