# After the questions on Server Fault that end in "it worked until the reboot": netplan says one thing, the host does
# another; a guest is gone whose port is left, two guests have one MAC address, one starts with nothing.
mkdir -p /etc/netplan; cat >/etc/netplan/01-netcfg.yaml <<'X'
network:
  version: 2
  renderer: networkd
  bridges:
    br1: {interfaces: [ens3], addresses: [10.30.0.1/24], parameters: {stp: false}}
X
chmod 600 /etc/netplan/01-netcfg.yaml
ip link add ens3 type veth peer name cable3; ip link set cable3 up; ip link set ens3 up
ip link add br1 type bridge; ip link set br1 up; ip link set ens3 master br1; ip addr add 10.30.0.99/24 dev br1
ovs-vsctl add-br br2 -- set bridge br2 datapath_type=netdev; ovs-vsctl add-port br2 vnet77 2>/dev/null
for n in 1 2; do cat >/root/t$n.xml <<X
<domain type='qemu'><name>twin$n</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>
<interface type='bridge'><mac address='52:54:00:ff:00:01'/><source bridge='br1'/><model type='virtio'/></interface></devices></domain>
X
virsh define /root/t$n.xml; done; virsh start twin1; virsh start twin2
# wrong: port `vnet77`
# wrong: port `twin1/52:54:00:ff:00:01`
# wrong: bridge `br1`
