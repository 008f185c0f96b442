"""A word that is a key of its sentence and begins a part of it as well: what follows tells which it is."""

import pytest

from vnetsh.diagnostics import Source
from vnetsh.language.binding import bind
from vnetsh.language.completion import candidates
from vnetsh.language.parsing import parse
from vnetsh.registry import load_plugins

VOCABULARY = load_plugins().vocabulary


def phrase(text):
    parsed = parse(Source("<test>", text))
    phrases, problems = bind(parsed.sentences, VOCABULARY)
    assert not problems, problems
    return phrases[0]


@pytest.mark.parametrize(
    ("text", "image", "disks"),
    [
        ("vm a disk b", "b", []),
        ("vm a disk b import", "b", []),
        ("vm a disk b memory 1G", "b", []),
        ("vm a disk size", "size", []),
        ("vm a disk size size 1G", None, ["size"]),
        ("vm a disk b size 1G", None, ["b"]),
        ("vm a disk b size 1G disk c from d.qcow2 memory 1G disk e.qcow2", "e.qcow2", ["b", "c"]),
        ('vm a disk "b" size 1G', None, ["b"]),
        ('vm a disk b "size"', "b", None),
    ],
)
def test_what_follows_tells(text, image, disks):
    if disks is None:
        parsed = parse(Source("<test>", text))
        assert bind(parsed.sentences, VOCABULARY)[1]
        return
    found = phrase(text)
    assert found.value("disk") == image
    assert [part.value("name") for part in found.parts] == disks


def test_keys_of_either_are_offered():
    def offered(text):
        return {one.text for one in candidates(text, VOCABULARY, {})}

    assert {"size", "from", "memory", "import"} <= offered("vm a disk b ")
    assert {"format", "memory"} <= offered("vm a disk b size 1G ")
    assert "size" not in offered("vm a memory 1G ")
