"""vnetsh: a shell and a small language for the networks and VMs of several KVM hosts."""

__version__ = "0.1.0"
