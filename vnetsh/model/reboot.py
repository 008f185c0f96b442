"""What a host's start leaves of what was made there."""

SURVIVES = "survives-reboot"
"""The attribute of what is there again after its host's start, because its host was told to bring it about: `yes`."""
