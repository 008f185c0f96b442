# After libvirt's wiki, "Virtual Networking", and the answer that most people get to "how do guests reach the internet":
# the network `default`, a guest made by virt-install with its console on VNC, a static lease, autostart.
cat >/root/default.xml <<'X'
<network><name>default</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/>
<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/>
<host mac='52:54:00:11:22:33' name='web' ip='192.168.122.10'/></dhcp></ip></network>
X
virsh net-define /root/default.xml; virsh net-start default; virsh net-autostart default
qemu-img create -q -f qcow2 -F qcow2 -b /var/lib/libvirt/images/tiny.qcow2 /var/lib/libvirt/images/web.qcow2
cat >/root/web.xml <<'X'
<domain type='qemu'><name>web</name><memory unit='MiB'>64</memory><currentMemory unit='MiB'>48</currentMemory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os><features><acpi/><apic/></features>
<clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>
<on_crash>restart</on_crash><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/images/web.qcow2'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
<interface type='network'><mac address='52:54:00:11:22:33'/><source network='default'/><model type='virtio'/></interface>
<serial type='pty'/><console type='pty'/><graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
<video><model type='cirrus'/></video><memballoon model='virtio'/></devices></domain>
X
virsh define /root/web.xml; virsh start web; virsh autostart web
