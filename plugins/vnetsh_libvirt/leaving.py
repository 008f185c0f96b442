"""A VM that is about to leave its host, as the checks of what goes along see it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource, Thing
from vnetsh_libvirt.chains import Layer, layers
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.named_files import NamedFile, named_files
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import is_off
from vnetsh_libvirt.users import views


@dataclass(frozen=True)
class Leaving:
    """A VM as it was observed, and the fleet that it moves in.

    `back`: a move of before is taken back, which `made` these.
    """

    vm: Resource
    target: str
    fleet: Fleet
    back: bool = False
    made: tuple[Thing, ...] = ()

    @property
    def off(self) -> bool:
        """Whether it does not run, so that its files are all of it."""
        return is_off(self.vm)

    @property
    def here(self) -> LibvirtFacts:
        """What the host that it leaves has."""
        return facts(self.fleet, self.vm.place)

    @property
    def there(self) -> LibvirtFacts:
        """What the host that it goes to has."""
        return facts(self.fleet, self.target)

    def held(self, name: str) -> object:
        """What libvirt holds of it beside its XML."""
        return (self.vm.record or {}).get(name)

    @cached_property
    def views(self) -> tuple[Definition, ...]:
        """As it is defined and, where it runs, as it runs."""
        return views(self.vm)

    @cached_property
    def files(self) -> tuple[NamedFile, ...]:
        """The files that it names, each once."""
        found = {file.path: file for view in self.views for file in named_files(view)}
        return tuple(found.values())

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """What its disks that it writes to are and build on, as far as it is known, each once."""
        disks = {(disk.path, disk.format) for view in self.views for disk in view.disks if not disk.readonly}
        found = {layer.path: layer for disk in sorted(disks) for layer in layers(*disk, self.here.file)}
        return tuple(found.values())

    def refuse(self, code: str, message: str, help: str) -> Assessment:
        """The move cannot be."""
        return refused(code, self.vm, message, help)


Check = Callable[[Leaving], Iterator[Assessment]]
"""What speaks against a move (`problem`), or has to be said of it (`how`)."""
