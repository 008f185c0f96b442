"""The definition of a VM with what a change says, and all else as it is. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection

from vnetsh.model import Value
from vnetsh.model.change import Change
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.definition import NAMESPACE, Definition, recorded
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.hardware import HARDWARE, TOPOLOGY
from vnetsh_libvirt.mark import placing_of
from vnetsh_libvirt.vm_fields import SETTINGS, Setting


def redrafted(defined: Definition, change: Change) -> str:
    """The definition with what the change says, and all else as it is."""
    after, differing = change.resource, change.differing()
    draft, old = Draft(defined.xml), recorded(after) if change.undo else None
    changed = marked_anew(change)
    for name, setting in SETTINGS.items():
        wanted, value = setting.wanted(name, after), after.get(name)
        if name not in differing or wanted is None or value == setting.read(defined):
            continue
        changed = True
        if old and setting.read(old) == value and _alike_beside(setting, old, defined, differing):
            draft.take(Draft(old.xml), setting.elements)
        else:
            setting.write(defined, draft, wanted)
    for name, one in HARDWARE.items():
        if name not in differing or after.get(name) == one.read(defined):
            continue
        changed = True
        if old and one.read(old) == after.get(name):
            draft.graft(Draft(old.xml), one.path, one.attributes, one.tags)
        else:
            values, children = one.written(defined, after.get(name))
            draft.say(one.path, {**dict.fromkeys(one.attributes), **values}, one.tags, children)
    if marked_anew(change):
        if old:
            draft.take_mark(Draft(old.xml))
        else:
            mark = domain_xml.mark(after, f"{{{NAMESPACE}}}vm")
            draft.mark(ET.tostring(mark, encoding="unicode") if after.marked else "")
    if placing_of(after) != defined.placing and placing_of(after) != placing_of(change.before or after):
        changed = True
        draft.placing(domain_xml.placing(placing_of(after)))
    return draft.text if changed else defined.xml


def with_topology(defined: Definition, value: Value) -> Definition:
    """A definition with another topology: other numbers have to fit that one."""
    draft, one = Draft(defined.xml), HARDWARE[TOPOLOGY]
    draft.say(one.path, {}, one.tags, one.written(defined, value)[1])
    return Definition(draft.text)


def _alike_beside(setting: Setting, old: Definition, now: Definition, differing: Collection[str]) -> bool:
    """Whether what else the elements of a setting say is as it was: then they are taken back as they stood.

    Of a ceiling how high it is: one that a number had come up to does not count as one of its own.
    """
    return all(
        (other.level or other.read)(old) == (other.level or other.read)(now)
        for name, other in SETTINGS.items()
        if other.elements == setting.elements and name not in differing
    )


def marked_anew(change: Change) -> bool:
    """Whether a change gives a VM another mark of vnetsh's."""
    before, after = change.before, change.resource
    return before is not None and (before.marked, before.owner) != (after.marked, after.owner)
