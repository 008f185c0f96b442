"""How long a VM could not be reached while it moved: measured from the network, by ports of its own on its bridges."""
