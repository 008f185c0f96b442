"""A guest that boots closes its CD drive now and then while it gets another medium: it is tried again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vnetsh.errors import BackendRefused
from vnetsh_libvirt import media_changing
from vnetsh_libvirt.disk_plugging import CONFIG, LIVE

CLOSED = (
    "internal error: unable to execute QEMU command 'blockdev-insert-medium': Tray of the device is not open"
)

TAKEN_OUT = CLOSED.replace("insert", "remove").replace("the device", "device 'ua-vnetsh-seed'")


@pytest.mark.parametrize(
    ("said", "flag", "calls", "fails"),
    [
        ([CLOSED, CLOSED, ""], LIVE, 3, False),
        ([TAKEN_OUT, CLOSED, ""], LIVE, 3, False),
        ([CLOSED] * 9, LIVE, 5, True),
        (["its guest holds it"] * 9, LIVE, 1, True),
        ([CLOSED] * 9, CONFIG, 1, True),
    ],
)
def test_a_drive_that_closed_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, said: list[str], flag: int, calls: int, fails: bool
) -> None:
    made = []

    def call(function: Any, xml: str, given: int) -> None:
        made.append((xml, given))
        if words := said[len(made) - 1]:
            raise BackendRefused(words)

    monkeypatch.setattr(media_changing, "_PAUSE", 0)
    host = SimpleNamespace(link=SimpleNamespace(call=call))
    domain = SimpleNamespace(updateDeviceFlags=None, name=lambda: "box")
    if fails:
        with pytest.raises(BackendRefused, match=said[0][:20]):
            media_changing.put(host, domain, "<disk/>", flag)  # type: ignore[arg-type]
    else:
        media_changing.put(host, domain, "<disk/>", flag)  # type: ignore[arg-type]
    assert made == [("<disk/>", flag)] * calls
