# After the class's own notes and the Open vSwitch page "Isolating VM traffic using VLANs"/"GRE": two hosts' worth of
# bridges joined by GRE with keys, STP against loops, a mirror for tcpdump.
# wrong: tunnel `gre12`
ovs-vsctl add-br vswitch02 -- set bridge vswitch02 datapath_type=netdev stp_enable=true other_config:stp-priority=0x7800
ovs-vsctl add-port vswitch02 gre12 -- set interface gre12 type=gre options:remote_ip=10.77.0.2 options:key=12
ovs-vsctl add-port vswitch02 gre13 -- set interface gre13 type=gre options:remote_ip=10.77.0.99 options:key=13
ovs-vsctl add-port vswitch02 span0 -- set interface span0 type=internal -- --id=@p get port span0 -- --id=@m create mirror name=span select-all=true output-port=@p -- set bridge vswitch02 mirrors=@m
ovs-vsctl set port gre13 other_config:stp-path-cost=100 -- set bridge vswitch02 other_config:mac-aging-time=60
qemu-img create -q -f qcow2 -F qcow2 -b /var/lib/libvirt/images/tiny.qcow2 /var/lib/libvirt/images/cirros01.qcow2
cat >/root/c.xml <<'X'
<domain type='qemu'><name>cirros01</name><memory unit='MiB'>48</memory><os><type arch='x86_64'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/images/cirros01.qcow2'/><target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><mac address='52:54:00:cc:00:01'/><source bridge='vswitch01'/><virtualport type='openvswitch'/><model type='virtio'/></interface>
<interface type='bridge'><mac address='52:54:00:cc:00:02'/><source bridge='vswitch02'/><virtualport type='openvswitch'/><target dev='cirros01_port2'/><model type='virtio'/></interface></devices></domain>
X
virsh define /root/c.xml; virsh start cirros01
