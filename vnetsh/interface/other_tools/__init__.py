"""What people typed for other tools, as sentences: command lines of virt-install, virsh and ovs-vsctl."""
