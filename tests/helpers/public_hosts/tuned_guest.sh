# After the Red Hat tuning guide and the Arch wiki's "QEMU/Libvirt": UEFI, a TPM, pinned CPUs, I/O threads, huge memory
# settings, a chain of images, a shareable disk, filters, bandwidth of NICs, secrets of VNC.
ip link add brlan type bridge; ip link set brlan up
cd /var/lib/libvirt/images; qemu-img create -q -f qcow2 base.qcow2 32M; qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 snap1.qcow2; qemu-img create -q -f qcow2 -F qcow2 -b snap1.qcow2 win.qcow2; qemu-img create -q -f raw quorum.raw 1M
virsh nwfilter-list | grep -q clean-traffic || true
cat >/root/w.xml <<'X'
<domain type='qemu'><name>win11</name><memory unit='MiB'>128</memory><memoryBacking><nosharepages/></memoryBacking><vcpu placement='static' current='1'>4</vcpu><iothreads>1</iothreads>
<cputune><vcpupin vcpu='0' cpuset='0'/><emulatorpin cpuset='1'/><shares>2048</shares></cputune>
<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' secure='no' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader><nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/var/lib/libvirt/qemu/nvram/win11_VARS.fd</nvram></os>
<features><acpi/><apic/><hyperv mode='custom'><relaxed state='on'/><vapic state='on'/></hyperv></features><cpu mode='custom' match='exact'><model>qemu64</model><topology sockets='1' cores='2' threads='2'/></cpu>
<clock offset='localtime'/><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' iothread='1' cache='writeback'/><source file='/var/lib/libvirt/images/win.qcow2'/><target dev='vda' bus='virtio'/><boot order='1'/><iotune><total_iops_sec>500</total_iops_sec></iotune></disk>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/quorum.raw'/><target dev='vdb' bus='virtio'/><shareable/></disk>
<interface type='bridge'><mac address='52:54:00:ee:00:01'/><source bridge='brlan'/><model type='virtio'/><bandwidth><inbound average='1000' peak='5000' burst='1024'/><outbound average='128'/></bandwidth><mtu size='1400'/></interface>
<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm><graphics type='vnc' port='-1' passwd='s3cret'/><video><model type='bochs'/></video><sound model='ich9'/><hub type='usb'/></devices></domain>
X
virsh define /root/w.xml
# wrong: bridge `brlan`
