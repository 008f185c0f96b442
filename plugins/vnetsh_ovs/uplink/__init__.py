"""Uplinks that carry the host's own addresses: what moves with them, done by the host itself, under a guard."""
