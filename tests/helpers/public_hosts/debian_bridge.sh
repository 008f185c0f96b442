# After the Debian wiki, "BridgeNetworkConnections" and "KVM": br0 over the host's NIC with a fixed address in
# /etc/network/interfaces, guests in it, one of them off, with disks of both formats and a raw one on ISO media.
cat >/etc/network/interfaces.d/br0 <<'X'
auto br0
iface br0 inet static
    address 10.20.0.5/24
    bridge_ports eno1
    bridge_stp off
    bridge_fd 0
    bridge_maxwait 0
X
ip link add eno1 type veth peer name cable1; ip link set cable1 up; ip link set eno1 up
ip link add br0 type bridge forward_delay 0; ip link set eno1 master br0; ip link set br0 up; ip addr add 10.20.0.5/24 dev br0
cd /var/lib/libvirt/images; qemu-img create -q -f raw mail.img 32M; qemu-img create -q -f qcow2 mail-data.qcow2 64M; truncate -s 1M debian-12-netinst.iso
cat >/root/mail.xml <<'X'
<domain type='qemu'><name>mail</name><memory unit='KiB'>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type><boot dev='cdrom'/><boot dev='hd'/></os>
<cpu mode='host-model'/><devices>
<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/><source file='/var/lib/libvirt/images/mail.img'/><target dev='sda' bus='sata'/></disk>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='/var/lib/libvirt/images/mail-data.qcow2'/><target dev='vdb' bus='virtio'/><serial>MAILDATA</serial></disk>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/debian-12-netinst.iso'/><target dev='sdb' bus='sata'/><readonly/></disk>
<interface type='bridge'><mac address='52:54:00:aa:00:01'/><source bridge='br0'/><model type='e1000'/></interface>
<interface type='bridge'><mac address='52:54:00:aa:00:02'/><source bridge='br0'/><target dev='mail1'/><model type='virtio'/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel><input type='tablet' bus='usb'/>
<graphics type='spice' autoport='yes'/><video><model type='qxl'/></video><watchdog model='i6300esb' action='reset'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices></domain>
X
sed -i "s/<graphics type='spice' autoport='yes'\/><video><model type='qxl'\/><\/video>/<graphics type='vnc' port='5910' autoport='no' passwd='s3cret'\/><video><model type='vga'\/><\/video>/" /root/mail.xml
virsh define /root/mail.xml
