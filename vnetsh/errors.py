"""The exceptions of vnetsh: a broken world, told apart by who must act.

A user's mistake is never an exception: it is a `vnetsh.diagnostics.Diagnostic`, a value.
"""


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


class ServiceAbsent(VnetshError):
    """The host answers but has no such service (no OVS, no libvirt): fine until a change needs it."""


class BackendRefused(VnetshError):
    """The host's daemon said no; the message carries its own words."""


class VerificationFailed(VnetshError):
    """The daemon accepted a change that then did not come about."""


class PluginBroken(VnetshError):
    """A plugin raised, or two plugins claim one name: its author must act."""


class UsageError(VnetshError):
    """The call itself is wrong (an option, a file that is not there): exit code 2."""
