"""What VMs were once, kept by libvirt on their own disks: seen, taken, gone back to, removed."""
