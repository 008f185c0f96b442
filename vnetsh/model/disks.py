"""What may be wished of the disks of what is deleted."""

from __future__ import annotations

ERASE, DISKS = "erase", "disks"
"""That a disk's file goes with it; of a vm, the names of the disks whose files do."""
