# After the RDO and OpenStack networking guides for Open vSwitch: br-int and br-ex joined by a patch, br-tun with a
# VXLAN tunnel, integration ports with external_ids, flows by somebody's agent, fail mode secure.
# wrong: tunnel `vxlan-c0a80002`
# wrong: port `br-ex`
ovs-vsctl add-br br-int -- set bridge br-int datapath_type=netdev fail_mode=secure -- add-br br-ex -- set bridge br-ex datapath_type=netdev -- add-br br-tun -- set bridge br-tun datapath_type=netdev fail_mode=secure
ovs-vsctl add-port br-int int-br-ex -- set interface int-br-ex type=patch options:peer=phy-br-ex -- add-port br-ex phy-br-ex -- set interface phy-br-ex type=patch options:peer=int-br-ex
ovs-vsctl add-port br-int patch-tun -- set interface patch-tun type=patch options:peer=patch-int -- add-port br-tun patch-int -- set interface patch-int type=patch options:peer=patch-tun
ovs-vsctl add-port br-tun vxlan-c0a80002 -- set interface vxlan-c0a80002 type=vxlan options:remote_ip=10.77.0.2 options:local_ip=10.77.0.1 options:in_key=flow options:out_key=flow options:df_default=true
ovs-vsctl add-port br-int tap0 tag=1 -- set interface tap0 type=internal external_ids:iface-id=7e3d attached_mac=fa:16:3e:00:00:01 2>/dev/null || ovs-vsctl --may-exist add-port br-int tap0 tag=1 -- set interface tap0 type=internal external_ids:iface-id=7e3d
ovs-ofctl add-flow br-int 'table=0,priority=0,actions=normal'; ovs-ofctl add-flow br-int 'table=0,priority=10,in_port=int-br-ex,dl_vlan=101,actions=mod_vlan_vid:1,normal'
ovs-ofctl add-flow br-tun 'table=0,priority=1,in_port=patch-int,actions=resubmit(,2)'; ovs-ofctl add-flow br-tun 'table=2,priority=0,actions=drop'
ip link set br-ex up; ip addr add 172.24.4.1/24 dev br-ex
