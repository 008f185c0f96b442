# After Open vSwitch's "Quality of Service" and "Firewall with conntrack" how-tos and the sFlow page: queues, policing,
# flows, a mirror, sFlow, a controller that is not there, a bond with LACP.
for n in 1 2 3; do ip link add p$n type veth peer name cable$n; ip link set cable$n up; ip link set p$n up; done
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev other_config:hwaddr=02:00:00:00:00:99 -- add-bond br0 bond0 p1 p2 lacp=active bond_mode=balance-tcp other_config:lacp-time=fast -- add-port br0 p3
ovs-vsctl set interface p3 ingress_policing_rate=10000 ingress_policing_burst=1000
ovs-vsctl -- set port p3 qos=@q -- --id=@q create qos type=linux-htb other-config:max-rate=1000000000 queues:123=@a -- --id=@a create queue other-config:max-rate=10000000
ovs-vsctl -- --id=@s create sflow agent=vswitch01 target='"10.77.0.9:6343"' header=128 sampling=64 polling=10 -- set bridge br0 sflow=@s
ovs-vsctl set-controller br0 tcp:127.0.0.1:6653; ovs-vsctl set-fail-mode br0 standalone
ovs-ofctl add-flow br0 'table=0,priority=50,ct_state=-trk,tcp,in_port=p3,actions=ct(table=0)'; ovs-ofctl add-flow br0 'table=0,priority=50,ct_state=+trk+new,tcp,in_port=p3,actions=ct(commit),normal'; ovs-ofctl add-flow br0 'priority=0,actions=normal'
