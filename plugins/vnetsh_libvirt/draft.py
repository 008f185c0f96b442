"""A domain's XML with a few things changed, and all else as it was: other tools' metadata keeps its very text. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from xml.dom import minidom

from vnetsh_libvirt.definition import NAMESPACE
from vnetsh_libvirt.hardware import Child
from vnetsh_libvirt.mark import PLACING_NAMESPACE


class Draft:
    """The XML of a domain, to be changed. Unlike an ElementTree it keeps the prefixes of namespaces."""

    def __init__(self, xml: str) -> None:
        root = minidom.parseString(xml).documentElement
        assert root is not None
        self._root = root

    @property
    def text(self) -> str:
        """The whole, as it is now."""
        return str(self._root.toxml())

    def set(self, tag: str, text: str, **attributes: str | None) -> None:
        """Give one of the domain's elements this text, and these attributes: None takes one away."""
        for element in self._all(tag):
            for child in list(element.childNodes):
                element.removeChild(child)
            element.appendChild(self._document().createTextNode(text))
            for name, value in attributes.items():
                if value is not None:
                    element.setAttribute(name, value)
                elif element.hasAttribute(name):
                    element.removeAttribute(name)

    def attribute(self, tag: str, name: str) -> str:
        """What an attribute of one of the domain's elements says now; empty where it says nothing."""
        return next((element.getAttribute(name) for element in self._all(tag)), "")

    def text_of(self, tag: str) -> str:
        """The text of one of the domain's elements."""
        texts = (
            child.data
            for element in self._all(tag)
            for child in element.childNodes
            if isinstance(child, minidom.Text)
        )
        return "".join(texts).strip()

    def say(
        self,
        path: str,
        attributes: Mapping[str, str | None],
        tags: Collection[str],
        children: Iterable[Child],
    ) -> None:
        """Give the element at a path these attributes, None for none, and these children for those of the tags."""
        nodes = []
        for tag, values, text in children:
            node = self._document().createElement(tag)
            for name, value in values.items():
                node.setAttribute(name, value)
            if text:
                node.appendChild(self._document().createTextNode(text))
            nodes.append(node)
        self._put(path, attributes, tags, nodes)

    def graft(self, other: Draft, path: str, attributes: Collection[str], tags: Collection[str]) -> None:
        """Have of the element at a path what another draft has of these attributes and tags."""
        there = other._at(path)
        values = {
            name: there.getAttribute(name) if there is not None and there.hasAttribute(name) else None
            for name in attributes
        }
        old = [child for child in _elements(there) if child.tagName in tags] if there is not None else []
        self._put(path, values, tags, [self._document().importNode(child, True) for child in old])

    def _put(
        self,
        path: str,
        attributes: Mapping[str, str | None],
        tags: Collection[str],
        children: Iterable[minidom.Element],
    ) -> None:
        element = self._at(path)
        if element is None:
            element = self._root.appendChild(self._document().createElement(path))
        for name, value in attributes.items():
            if value is not None:
                element.setAttribute(name, value)
            elif element.hasAttribute(name):
                element.removeAttribute(name)
        for child in [child for child in _elements(element) if child.tagName in tags]:
            element.removeChild(child)
        for child in children:
            element.appendChild(child)
        if not element.attributes.length and not _elements(element) and path == element.tagName == "cpu":
            self._root.removeChild(element)

    def _at(self, path: str) -> minidom.Element | None:
        element = self._root
        for tag in path.split("/"):
            found = _elements(element, tag)
            if not found:
                return None
            element = found[0]
        return element

    def drop(self, tag: str) -> None:
        """Take all of the domain's elements of a name away."""
        for element in self._all(tag):
            self._root.removeChild(element)

    def take(self, other: Draft, tags: Iterable[str]) -> None:
        """Have of these elements what another draft has of them."""
        for tag in tags:
            self.drop(tag)
            for element in other._all(tag):
                self._root.appendChild(self._document().importNode(element, True))

    def switch(self, bridge: str, *, openvswitch: bool) -> None:
        """Say of its NICs on a bridge whether that is Open vSwitch's. An identity that they have there stays."""
        nics = [nic for devices in self._all("devices") for nic in _elements(devices, "interface")]
        for nic in nics:
            sources = [source.getAttribute("bridge") for source in _elements(nic, "source")]
            if nic.getAttribute("type") != "bridge" or bridge not in sources:
                continue
            ports = [p for p in _elements(nic, "virtualport") if p.getAttribute("type") == "openvswitch"]
            if openvswitch and not ports:
                port = self._document().createElement("virtualport")
                port.setAttribute("type", "openvswitch")
                nic.appendChild(port)
            for port in ports if not openvswitch else ():
                nic.removeChild(port)

    def plug(self, xml: str, behind: Collection[str]) -> None:
        """Have one NIC more: after those with these addresses, before all others."""
        new = minidom.parseString(xml).documentElement
        assert new is not None
        devices = self._all("devices")[0]
        nics = _elements(devices, "interface")
        known = [n for n, nic in enumerate(nics, 1) if _address(nic) in behind]
        rest = nics[max(known, default=0) :]
        devices.insertBefore(self._document().importNode(new, True), rest[0] if rest else None)

    def rename_nic(self, old: str, new: str, old_alias: str, new_alias: str) -> None:
        """Have another name for a NIC's link and, where it has the alias of that name, the other's."""
        for nic in (nic for devices in self._all("devices") for nic in _elements(devices, "interface")):
            targets = [target for target in _elements(nic, "target") if target.getAttribute("dev") == old]
            for target in targets:
                target.setAttribute("dev", new)
            for alias in _elements(nic, "alias") if targets else ():
                if alias.getAttribute("name") == old_alias:
                    alias.setAttribute("name", new_alias)

    def files(self, volumes: Mapping[str, str]) -> None:
        """Have these files in place of volumes of pools, by the disk's name in the guest."""
        for disk in (disk for devices in self._all("devices") for disk in _elements(devices, "disk")):
            targets = [target.getAttribute("dev") for target in _elements(disk, "target")]
            path = volumes.get(targets[0], "") if targets else ""
            if path and disk.getAttribute("type") == "volume":
                disk.setAttribute("type", "file")
                for old in _elements(disk, "source"):
                    source = self._document().createElement("source")
                    source.setAttribute("file", path)
                    disk.replaceChild(source, old)

    def mark(self, xml: str) -> None:
        """Have this for vnetsh's mark, or none where it is empty."""
        for metadata in self._all("metadata"):
            for element in _marks(metadata):
                metadata.removeChild(element)
        if xml:
            if not self._all("metadata"):
                self._root.appendChild(self._document().createElement("metadata"))
            made = minidom.parseString(xml).documentElement
            assert made is not None
            self._all("metadata")[0].appendChild(self._document().importNode(made, True))

    def take_mark(self, other: Draft) -> None:
        """Have the mark that another draft has; where that has no metadata at all, an empty rest of it goes."""
        self.mark("".join(mark.toxml() for old in other._all("metadata") for mark in _marks(old)))
        metadata = self._all("metadata")
        if metadata and not other._all("metadata") and not _elements(metadata[0]):
            self.drop("metadata")

    def placing(self, xml: str) -> None:
        """Have this for where the VM belongs, or nothing where it is empty; then no trace of it is left."""
        for metadata in self._all("metadata"):
            for old in [e for e in _elements(metadata) if e.namespaceURI == PLACING_NAMESPACE]:
                before = old.previousSibling
                if isinstance(before, minidom.Text) and not before.data.strip():
                    metadata.removeChild(before)
                metadata.removeChild(old)
            if not xml and not _elements(metadata):
                self._root.removeChild(metadata)
        if xml:
            if not self._all("metadata"):
                self._root.appendChild(self._document().createElement("metadata"))
            made = minidom.parseString(xml).documentElement
            assert made is not None
            metadata = self._all("metadata")[0]
            after = [*_elements(metadata)[-1:], None][0]
            new = self._document().importNode(made, True)
            metadata.appendChild(new)
            if after is not None:  # what stands behind the last one is the closing tag's indentation
                for text in list(metadata.childNodes)[list(metadata.childNodes).index(after) + 1 : -1]:
                    metadata.appendChild(text)

    def _all(self, tag: str) -> list[minidom.Element]:
        return _elements(self._root, tag)

    def _document(self) -> minidom.Document:
        document = self._root.ownerDocument
        assert document is not None
        return document


def _address(nic: minidom.Element) -> str:
    return next((mac.getAttribute("address") for mac in _elements(nic, "mac")), "")


def _elements(parent: minidom.Element, tag: str = "") -> list[minidom.Element]:
    found = [child for child in parent.childNodes if isinstance(child, minidom.Element)]
    return [child for child in found if not tag or child.tagName == tag]


def _marks(metadata: minidom.Element) -> list[minidom.Element]:
    inside = _elements(metadata)
    return [child for child in inside if (child.namespaceURI, child.localName) == (NAMESPACE, "vm")]
