"""NoCloud seeds: what a VM's guest is told when it boots, on a medium of its own."""
