"""What the built-in backends are tested with, for third parties too."""
