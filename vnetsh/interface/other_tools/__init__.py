"""What people typed for other tools, as sentences: command lines of virt-install, virsh, ovs-vsctl, ip and the like."""
