"""Whether an iSCSI target lets this host in, by libiscsi, which QEMU's own driver brings; its LUNs are printed.

Usage: iscsi_target.py iscsi://[USER@]SERVER[:PORT]/TARGET SECONDS.
The host's kernel takes no part in it, and no disk is read.
"""

from __future__ import annotations

import ctypes
import sys

SECRET = b""
"""The password of the URL's user: whoever sends this program puts it here, so that no argument has it."""

INITIATOR = b"iqn.2008-11.org.linux-kvm"
"""Who QEMU's tools say that they are: a server may let in some only."""


def library() -> ctypes.CDLL:
    """Of any version that QEMU may have been built with."""
    for number in (11, 10, 9, 8, 7):
        try:
            return ctypes.CDLL(f"libiscsi.so.{number}")
        except OSError:
            continue
    sys.exit("libiscsi is not there")


class Luns(ctypes.Structure):
    """`struct scsi_reportluns_list` of iscsi/scsi-lowlevel.h; its numbers follow."""

    _fields_ = [("count", ctypes.c_uint32), ("first", ctypes.c_uint16 * 256)]


def main(url: str, seconds: str) -> None:
    """Log in, ask, log out."""
    server, _, target = url.removeprefix("iscsi://").partition("/")
    user, _, server = server.rpartition("@")
    iscsi = library()
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    iscsi.iscsi_create_context.restype, iscsi.iscsi_create_context.argtypes = pointer, [text]
    iscsi.iscsi_get_error.restype, iscsi.iscsi_get_error.argtypes = text, [pointer]
    iscsi.iscsi_set_targetname.argtypes = [pointer, text]
    iscsi.iscsi_set_session_type.argtypes = [pointer, number]
    iscsi.iscsi_set_initiator_username_pwd.argtypes = [pointer, text, text]
    iscsi.iscsi_set_timeout.argtypes = [pointer, number]
    iscsi.iscsi_connect_sync.argtypes = [pointer, text]
    iscsi.iscsi_login_sync.argtypes = iscsi.iscsi_logout_sync.argtypes = [pointer]
    iscsi.iscsi_reportluns_sync.restype = pointer
    iscsi.iscsi_reportluns_sync.argtypes = [pointer, number, number]
    iscsi.scsi_datain_unmarshall.restype = ctypes.POINTER(Luns)
    iscsi.scsi_datain_unmarshall.argtypes = [pointer]
    context = iscsi.iscsi_create_context(INITIATOR)
    iscsi.iscsi_set_timeout(context, int(seconds))
    if user:
        iscsi.iscsi_set_initiator_username_pwd(context, user.encode(), SECRET)

    def must(code: int) -> None:
        if code:
            sys.exit(
                (iscsi.iscsi_get_error(context) or b"").decode(errors="replace").strip() or f"error {code}"
            )

    must(iscsi.iscsi_set_targetname(context, target.encode()))
    must(iscsi.iscsi_set_session_type(context, 2))  # ISCSI_SESSION_NORMAL
    if iscsi.iscsi_connect_sync(
        context, server.encode()
    ):  # what libiscsi says of it is about its own retries
        sys.exit(f"{server} does not answer")
    must(iscsi.iscsi_login_sync(context))
    task = iscsi.iscsi_reportluns_sync(context, 0, 16 + 8 * 256)
    told = iscsi.scsi_datain_unmarshall(task) if task else None
    if told:
        print(*told.contents.first[: min(told.contents.count, 256)])
    iscsi.iscsi_logout_sync(context)


main(*sys.argv[1:])
