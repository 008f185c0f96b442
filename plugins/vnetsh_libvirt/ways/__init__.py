"""Who reaches whom, tried: by a guest itself, from ports of our own beside its ports, or from a host itself."""
