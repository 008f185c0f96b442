"""Copies of resources."""

from __future__ import annotations

from dataclasses import fields, replace

from vnetsh.diagnostics import Source, Span
from vnetsh.model import Resource


def test_a_copy_with_other_attributes_has_all_else() -> None:
    span = Span(Source("test", "port p"), 0, 6)
    whole = Resource(
        "port",
        "p",
        "h",
        {"vlan": 1},
        ("vm", "v"),
        "ovs",
        True,
        "why",
        span,
        {"a": 1},
        "s",
        {"name": span},
        True,
    )
    assert all(getattr(whole, one.name) for one in fields(whole)), "each is something else than its default"
    copied, wanted = whole.with_attributes(vlan=2), replace(whole, attributes={"vlan": 2})
    for one in fields(whole):
        assert getattr(copied, one.name) == getattr(wanted, one.name), one.name
