"""Random hosts as other people set them up, and random sentences on them: see docs/soak.md."""
