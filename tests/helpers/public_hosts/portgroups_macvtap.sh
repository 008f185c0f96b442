# After libvirt's "Network XML format" (Open vSwitch with port groups, bridge mode, isolated, routed networks) and
# "macvtap" of the IBM and Red Hat guides.
ovs-vsctl add-br ovsbr0 -- set bridge ovsbr0 datapath_type=netdev
cat >/root/o.xml <<'X'
<network><name>ovs-network</name><forward mode='bridge'/><bridge name='ovsbr0'/><virtualport type='openvswitch'/>
<portgroup name='vlan-00' default='yes'/><portgroup name='vlan-42'><vlan><tag id='42'/></vlan></portgroup>
<portgroup name='trunk'><vlan trunk='yes'><tag id='42'/><tag id='47'/></vlan></portgroup></network>
X
cat >/root/i.xml <<'X'
<network><name>isolated</name><bridge name='virbr7'/><domain name='lab.local'/><ip address='10.7.0.1' netmask='255.255.255.0'><dhcp><range start='10.7.0.10' end='10.7.0.99'/></dhcp></ip></network>
X
for n in o i; do virsh net-define /root/$n.xml; done; for n in ovs-network isolated; do virsh net-start $n; virsh net-autostart $n; done
ip link add eth9 type veth peer name cable9; ip link set cable9 up; ip link set eth9 up
qemu-img create -q -f qcow2 /var/lib/libvirt/images/app.qcow2 16M
cat >/root/a.xml <<'X'
<domain type='qemu'><name>app</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>
<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='default' volume='app.qcow2'/><target dev='vda' bus='virtio'/></disk>
<interface type='network'><mac address='52:54:00:dd:00:01'/><source network='ovs-network' portgroup='vlan-42'/><model type='virtio'/></interface>
<interface type='network'><mac address='52:54:00:dd:00:02'/><source network='isolated'/><model type='virtio'/></interface>
</devices></domain>
X
sed 's/>app</>edge</; /<disk/d; /<interface/d; /^<\/devices/i <interface type="direct"><mac address="52:54:00:dd:00:03"/><source dev="eth9" mode="bridge"/><model type="virtio"/></interface>' /root/a.xml >/root/e.xml
virsh pool-define-as default dir --target /var/lib/libvirt/images; virsh pool-start default; virsh pool-autostart default; virsh define /root/a.xml; virsh start app; virsh define /root/e.xml
