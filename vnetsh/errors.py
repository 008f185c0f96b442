"""The exceptions of vnetsh: a broken world, told apart by who must act.

A user's mistake is never an exception: it is a `vnetsh.diagnostics.Diagnostic`, a value.
"""

from __future__ import annotations


class VnetshError(Exception):
    """A failure with a sentence for the user and, where there is one, a remedy."""

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class HostUnreachable(VnetshError):
    """A host or its daemon does not answer: the network, the host or its login must be mended."""


class HostHung(HostUnreachable):
    """A host or its daemon took longer than the timeout: whoever asks it again waits as long again."""


class NoRights(HostUnreachable):
    """The host lets us in, and no further: one thing to mend, however many ask for something that is not for us.

    `what` are the files that only others may open.
    """

    def __init__(self, message: str, *, help: str = "", what: tuple[str, ...] = ()) -> None:
        super().__init__(message, help=help)
        self.what = what

    @classmethod
    def of(cls, host: str, user: str, *what: str) -> NoRights:
        """The user that we log in as may not open these."""
        return cls(
            f"{host}: the user {user} may not open {', '.join(what)}",
            help=f"log in as root, or, where {user} may use sudo without a password: `host {host} … sudo`",
            what=what,
        )

    def and_also(self, other: NoRights) -> NoRights:
        """Both in one message."""
        more = tuple(one for one in other.what if one not in self.what)
        return NoRights(", ".join([self.message, *more]), help=self.help, what=self.what + more)


class ServiceAbsent(VnetshError):
    """The host answers but has no such service (no OVS, no libvirt): fine until a change needs it."""


class BackendRefused(VnetshError):
    """The host's daemon said no; the message carries its own words."""


class VerificationFailed(VnetshError):
    """The daemon accepted a change that then did not come about."""


class PluginBroken(VnetshError):
    """A plugin raised, or two plugins claim one name: its author must act."""


class CannotTell(VnetshError):
    """What was asked cannot be told truthfully; `code` is explained (`vnetsh explain`)."""

    def __init__(self, message: str, *, help: str = "", code: str = "E476") -> None:
        super().__init__(message, help=help)
        self.code = code


class UsageError(VnetshError):
    """The call itself is wrong (an option, a file that is not there): exit code 2."""
