"""The serial console of a VM, by a stream of libvirt over a connection of its own: its events move the bytes."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any

import libvirt

from vnetsh.backend import NO_CONSOLE
from vnetsh.errors import BackendRefused, CannotTell
from vnetsh.model import Resource
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.watching import KEEPALIVE, start_loop

_MOST = 1 << 20
"""Bytes that are kept for somebody who reads slowly; the guest's output waits then."""
_READ, _WRITE = libvirt.VIR_STREAM_EVENT_READABLE, libvirt.VIR_STREAM_EVENT_WRITABLE
_GONE = libvirt.VIR_STREAM_EVENT_ERROR | libvirt.VIR_STREAM_EVENT_HANGUP
_LATER = -2
"""What a stream says that has nothing to give, or takes nothing, just now."""


class StreamConsole:
    """Bytes to and from a VM's serial console, as `vnetsh.backend.Console` has it."""

    def __init__(self, host: LibvirtHost, vm: str, *, force: bool) -> None:
        start_loop()
        self._lock = threading.RLock()
        self._come, self._going = bytearray(), bytearray()
        self._ended, self._why, self._seen = False, "", 0
        self._told, self._tell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._link = Link(host.name, host.link.uri, host.timeout)
        self._stream: Any = None
        try:
            self._open(vm, libvirt.VIR_DOMAIN_CONSOLE_FORCE if force else 0)
        except BaseException:
            self.close()
            raise

    def _open(self, vm: str, flags: int) -> None:
        connection = self._link.connection
        domain = self._link.call(connection.lookupByName, vm)
        stream = self._link.call(connection.newStream, libvirt.VIR_STREAM_NONBLOCK)
        self._link.call(domain.openConsole, None, stream, flags)
        self._stream = stream
        self._link.call(connection.registerCloseCallback, self._lost, None)
        self._link.quietly(connection.setKeepAlive, *KEEPALIVE)
        self._link.call(stream.eventAddCallback, _READ | _GONE, self._event, None)
        self._seen = _READ | _GONE

    def _lost(self, *event: Any) -> None:
        self._end("the way to its host was lost, or its libvirt has ended")

    def _event(self, stream: Any, events: int, opaque: Any) -> None:
        """What the stream can do now; called on the event loop's thread."""
        with self._lock:
            if self._ended:
                return
            try:
                if events & _READ:
                    self._read(stream)
                if events & _WRITE:
                    self._write(stream)
            except (
                libvirt.libvirtError
            ):  # in words that tell nothing: it is the same when another one takes it
                self._end("")
                return
            if events & _GONE:
                self._end("")
            self._want()

    def _read(self, stream: Any) -> None:
        while len(self._come) < _MOST:
            data = stream.recv(1 << 16)
            if data == _LATER:
                return
            if not data:
                self._end("")
                return
            self._come += data
            self._wake()

    def _write(self, stream: Any) -> None:
        while self._going:
            taken = stream.send(bytes(self._going[: 1 << 16]))
            if taken == _LATER:
                return
            del self._going[:taken]

    def _want(self) -> None:
        """Hear of what there is something to be done for."""
        seen = _GONE | _READ * (len(self._come) < _MOST) | _WRITE * bool(self._going)
        if not self._ended and seen != self._seen:
            self._stream.eventUpdateCallback(seen)
            self._seen = seen

    def _end(self, why: str) -> None:
        with self._lock:
            if not self._ended:
                self._ended, self._why = True, why
                self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError, OSError):
            os.write(self._tell, b"!")

    def fileno(self) -> int:
        """A descriptor that is readable when something has come, or it has ended."""
        return self._told

    def recv(self, most: int) -> bytes:
        """What has come; empty when it has ended."""
        with self._lock:
            data = bytes(self._come[:most])
            del self._come[:most]
            if not self._come and not self._ended:
                with suppress(BlockingIOError):
                    while os.read(self._told, 4096):
                        pass
            self._want()
            return data

    def send(self, data: bytes) -> int:
        """Send; how many bytes were taken. Raises `BrokenPipeError` when it has ended."""
        with self._lock:
            if self._ended:
                raise BrokenPipeError(self._why)
            taken = data[: _MOST - len(self._going)]
            self._going += taken
            self._want()
            return len(taken)

    def why(self) -> str:
        """Why it has ended; empty where that is not told: mostly the VM has gone off."""
        return self._why

    def close(self) -> None:
        """Let go of it; never raises, and waits for no answer."""
        with self._lock:
            self._ended = True
        self._link.close(self._forget)
        for descriptor in (self._told, self._tell):
            os.close(descriptor)

    def _forget(self) -> None:
        with suppress(libvirt.libvirtError):
            if self._stream is not None:
                self._stream.eventRemoveCallback()
                self._stream.abort()
        with suppress(libvirt.libvirtError):
            self._link.connection.unregisterCloseCallback()


def console(host: LibvirtHost, vm: Resource, *, force: bool) -> StreamConsole:
    """Open a VM's console. Raises `CannotTell` where it has none or another has it, `HostUnreachable`."""
    try:
        return StreamConsole(host, vm.name, force=force)
    except BackendRefused as error:
        said = error.message.removeprefix(f"{host.name}: ")
        raise _refused(vm, said) from error


def _refused(vm: Resource, said: str) -> CannotTell:
    """What is said where libvirt says no, by its own words."""
    what, help = f"the console of vm {vm.name} on {vm.place} cannot be opened: {said}", ""
    if "Active console session" in said:
        what = f"somebody has the console of vm {vm.name} on {vm.place} already"
        help = f"`console {vm.name} force` takes it from them"
    elif "cannot find character device" in said or "cannot find console device" in said:
        what = f"vm {vm.name} on {vm.place} has no serial console"
        help = f"`virsh edit {vm.name}` there: `<console type='pty'/>` in its devices, and start it anew"
    elif "not using a PTY" in said:
        what = f"the console of vm {vm.name} on {vm.place} leads elsewhere: {said}"
        help = f"`virsh dumpxml {vm.name}` there says where"
    elif "not running" in said:
        what, help = f"vm {vm.name} on {vm.place} does not run", f"start it: `start {vm.name}`"
    return CannotTell(what, help=help, code=NO_CONSOLE)
