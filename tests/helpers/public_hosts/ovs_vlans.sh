# After Open vSwitch's own "VLANs" how-to and the libvirt page "Open vSwitch": one bridge, a trunk to the switch, guests
# on access ports by libvirt's <vlan>, a trunk guest, the host's own address on a VLAN of its own.
ip link add eth1 type veth peer name cable1; ip link set cable1 up; ip link set eth1 up
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev rstp_enable=true -- add-port br0 eth1 -- set port eth1 vlan_mode=native-untagged tag=1 trunks=1,100,200,300
# wrong: port `mgmt100`
ovs-vsctl add-port br0 mgmt100 tag=100 -- set interface mgmt100 type=internal; ip link set mgmt100 up; ip addr add 10.100.0.2/24 dev mgmt100
for n in 1 2; do qemu-img create -q -f qcow2 /var/lib/libvirt/images/vm$n.qcow2 16M; cat >/root/vm$n.xml <<X
<domain type='qemu'><name>vm$n</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/images/vm$n.qcow2'/><target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><mac address='52:54:00:bb:00:0$n'/><source bridge='br0'/><virtualport type='openvswitch'/><vlan><tag id='${n}00'/></vlan><target dev='vm${n}eth0'/><model type='virtio'/></interface>
</devices></domain>
X
virsh define /root/vm$n.xml; virsh start vm$n; done
cat >/root/fw.xml <<'X'
<domain type='qemu'><name>fw</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>
<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'><parameters interfaceid='11111111-2222-3333-4444-555555555555' profileid='fw'/></virtualport><vlan trunk='yes'><tag id='100'/><tag id='200' nativeMode='untagged'/></vlan><model type='virtio'/></interface>
</devices></domain>
X
virsh define /root/fw.xml; virsh start fw
