"""What a seed can say: the attributes that a backend of seeds gives. Pure, and wanted at every start."""

from __future__ import annotations

SEED_WORDS = (
    "vm",
    "path",
    "hostname",
    "user",
    "ssh-keys",
    "addresses",
    "gateway",
    "nameservers",
    "user-data",
)
