# After Proxmox VE's "Network Configuration" and the kernel's notes on VXLAN: vmbr0 in /etc/network/interfaces, a VXLAN
# without learning that floods to a fixed list of others, a guest with its name and notes by hand. (The kernel of the lab
# filters no VLANs.)
cat >/etc/network/interfaces.d/vmbr0 <<'X'
auto vmbr0
iface vmbr0 inet static
    address 192.168.10.2/24
    bridge-ports enp1s0 vxlan20
X
ip link add enp1s0 type veth peer name cable1; ip link set cable1 up; ip link set enp1s0 up
ip link add vmbr0 type bridge stp_state 0 forward_delay 0; ip link set vmbr0 up; ip link set enp1s0 master vmbr0
ip addr add 192.168.10.2/24 dev vmbr0
ip link add vxlan20 type vxlan id 20 dstport 4789 local 10.77.0.1 nolearning; ip link set vxlan20 master vmbr0 up; bridge fdb append 00:00:00:00:00:00 dev vxlan20 dst 10.77.0.2
qemu-img create -q -f qcow2 /var/lib/libvirt/images/vm-100-disk-0.qcow2 32M
cat >/root/v.xml <<'X'
<domain type='qemu'><name>vm100</name><title>gateway</title><description>made by hand, see the wiki</description><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>
<controller type='scsi' model='virtio-scsi'/><disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'/><source file='/var/lib/libvirt/images/vm-100-disk-0.qcow2'/><target dev='sda' bus='scsi'/></disk>
<interface type='bridge'><mac address='bc:24:11:00:00:01'/><source bridge='vmbr0'/><target dev='tap100i0'/><model type='virtio'/></interface></devices></domain>
X
virsh define /root/v.xml; virsh start vm100
