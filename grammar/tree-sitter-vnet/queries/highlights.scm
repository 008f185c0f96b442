; Written by scripts/tree-sitter from the vocabulary: change that, not this file.
(comment) @comment
(string) @string
(escape) @string.escape
(variable) @variable
(variable_inside) @variable
(number) @number
(order) @operator
["<->" "->"] @operator
["," ";"] @punctuation.delimiter
["{" "}"] @punctuation.bracket

((sentence head: (word) @keyword)
 (#any-of? @keyword "allow" "bridge" "cluster" "deny" "dhcp" "eip" "fence" "flow" "forward" "group" "ha" "hop" "host" "image" "loadbalancer" "mesh" "nat" "network" "order" "peer" "pool" "route" "router" "tenant" "tunnel" "vip" "vm" "zone"))

((sentence head: (word) @function)
 (#any-of? @function "backup" "balance" "cancel" "capture" "clone" "confirm" "copy" "delete" "doctor" "drain" "expect" "keep" "link" "maintain" "migrate" "move" "reboot" "rename" "restore" "resume" "revert" "save" "screenshot" "show" "snapshot" "start" "stop" "suspend" "template" "tree" "undrain" "watch" "why"))

((sentence head: (word) @keyword.control)
 (#any-of? @keyword.control "for" "include" "let"))

((sentence head: (word) @_head . (word) @type)
 (#any-of? @_head "backup" "bridge" "cancel" "capture" "clone" "cluster" "copy" "delete" "dhcp" "drain" "eip" "fence" "flow" "for" "group" "ha" "host" "image" "keep" "let" "link" "loadbalancer" "maintain" "mesh" "migrate" "move" "nat" "network" "peer" "pool" "reboot" "rename" "restore" "resume" "revert" "route" "router" "save" "screenshot" "show" "snapshot" "start" "stop" "suspend" "template" "tenant" "tunnel" "undrain" "vip" "vm" "why" "zone"))

((block (sentence head: (word) @keyword))
 (#any-of? @keyword "and" "cloudinit" "disk" "port" "sort" "static" "where"))

((block (sentence head: (word) @property))
 (#any-of? @property "actions" "address" "addresses" "ageing" "apart" "apart-zones" "as" "auto-converge" "autostart" "backend" "bandwidth" "bfd" "boot" "bridges" "bus" "by" "cdrom" "certificate-name" "check" "columns" "compress" "copy-template" "count" "cpu" "csum" "datapath" "delay" "descending" "detail" "df" "disks" "dns" "domain-type" "downtime" "encap" "encrypted" "erase" "external" "file" "firmware" "force" "format" "forward-delay" "from" "gateway" "gateways" "graphics" "hostname" "hosts" "hub" "images" "import" "in" "inbound" "incremental" "isolated" "key" "keys" "lacp" "lease" "libvirt" "libvirt-peer" "limit" "local" "log" "loss" "lun" "mac" "machine" "match" "members" "memory" "memory-max" "migration-address" "migration-over" "migrations" "mirrors" "mode" "model" "monitors" "mtu" "name" "nameservers" "networks" "nics" "no" "northbound" "not" "on" "options" "out" "outage" "outbound" "over" "ovsdb" "ovsdb-ca" "ovsdb-certificate" "ovsdb-key" "parallel" "path" "ping" "post-copy" "prefer" "prefix" "priority" "protected" "qinq" "qinq-ethtype" "queues" "range" "readonly" "restart" "secret" "secrets" "security" "sha256" "shared" "size" "snat" "source" "southbound" "ssh" "ssh-config" "ssh-keys" "state" "stp" "subnet" "sudo" "table" "target" "tcp" "then" "thick" "thin" "to" "together" "topology" "tos" "tpm" "transport" "trunk" "ttl" "tunnel-address" "type" "udp" "uplink" "user" "user-data" "vcpus" "vcpus-max" "via" "vlan" "vlan-filtering" "volume" "vswitchd" "within" "without"))

((block (sentence head: (word) @_head (word) @property))
 (#eq? @_head "and")
 (#any-of? @property "not"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "and")
 (#any-of? @constant "none"))

((block (sentence head: (word) @_head (word) @property))
 (#eq? @_head "cloudinit")
 (#any-of? @property "addresses" "gateway" "hostname" "nameservers" "ssh-keys" "user" "user-data"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "cloudinit")
 (#any-of? @constant "none"))

((block (sentence head: (word) @_head (word) @property))
 (#eq? @_head "disk")
 (#any-of? @property "bus" "copy" "file" "format" "from" "lun" "pool" "size" "thick" "thin" "volume"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "disk")
 (#any-of? @constant "ide" "none" "qcow2" "raw" "sata" "scsi" "virtio"))

((block (sentence head: (word) @_head (word) @property))
 (#eq? @_head "port")
 (#any-of? @property "address" "delay" "inbound" "isolated" "lacp" "link" "loss" "mac" "mirrors" "mode" "model" "mtu" "name" "network" "nics" "outbound" "peer" "qinq" "qinq-ethtype" "queues" "security" "static" "trunk" "type" "vlan"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "port")
 (#any-of? @constant "802.1ad" "802.1q" "active" "active-backup" "all" "balance-slb" "balance-tcp" "bond" "down" "internal" "none" "off" "passive" "patch" "system" "up" "yes"))

((block (sentence head: (word) @_head (word) @property))
 (#eq? @_head "sort")
 (#any-of? @property "by" "descending"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "sort")
 (#any-of? @constant "none"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "static")
 (#any-of? @constant "none"))

((block (sentence head: (word) @_head (word) @property))
 (#eq? @_head "where")
 (#any-of? @property "not"))

((block (sentence head: (word) @_head (word) @constant))
 (#eq? @_head "where")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "host")
 (#any-of? @property "address" "certificate-name" "confirm" "datapath" "domain-type" "images" "libvirt" "libvirt-peer" "local" "migration-address" "migration-over" "migrations" "mtu" "ovsdb" "ovsdb-ca" "ovsdb-certificate" "ovsdb-key" "protected" "readonly" "ssh" "ssh-config" "sudo" "tunnel-address" "vswitchd"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "host")
 (#any-of? @constant "kvm" "netdev" "none" "qemu" "skip" "system" "tcp" "tls" "wait"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "cluster")
 (#any-of? @property "northbound" "on" "ovsdb-ca" "ovsdb-certificate" "ovsdb-key" "protected" "readonly" "southbound" "type"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "cluster")
 (#any-of? @constant "none" "ovn" "pacemaker"))

((sentence head: (word) @_head (_) (word) @keyword)
 (#eq? @_head "bridge")
 (#any-of? @keyword "port"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "bridge")
 (#any-of? @property "address" "ageing" "backend" "delay" "forward-delay" "inbound" "isolated" "lacp" "loss" "mirrors" "mode" "mtu" "nics" "on" "outbound" "peer" "priority" "qinq" "qinq-ethtype" "static" "stp" "trunk" "type" "uplink" "vlan" "vlan-filtering"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "bridge")
 (#any-of? @constant "802.1ad" "802.1q" "active" "active-backup" "all" "balance-slb" "balance-tcp" "bond" "internal" "none" "off" "passive" "patch" "system" "yes"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "tunnel")
 (#any-of? @property "bfd" "csum" "df" "encrypted" "isolated" "key" "link" "on" "tos" "ttl" "type"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "tunnel")
 (#any-of? @constant "down" "geneve" "gre" "inherit" "no" "none" "up" "vxlan" "yes"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "mesh")
 (#any-of? @property "bfd" "csum" "df" "encrypted" "hub" "key" "on" "tos" "ttl" "type"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "mesh")
 (#any-of? @constant "geneve" "gre" "inherit" "no" "none" "vxlan" "yes"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "flow")
 (#any-of? @property "actions" "bridge" "match" "on" "priority" "table"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "flow")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "pool")
 (#any-of? @property "monitors" "on" "path" "secret" "shared" "source" "target" "type" "user"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "pool")
 (#any-of? @constant "dir" "iscsi" "logical" "nfs" "no" "none" "rbd" "yes"))

((sentence head: (word) @_head (_) (word) @keyword)
 (#eq? @_head "vm")
 (#any-of? @keyword "cloudinit" "disk" "port"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "vm")
 (#any-of? @property "address" "addresses" "apart" "apart-zones" "autostart" "boot" "bus" "cdrom" "copy" "cpu" "file" "firmware" "format" "from" "gateway" "graphics" "hostname" "import" "inbound" "isolated" "link" "lun" "mac" "machine" "memory" "memory-max" "model" "mtu" "name" "nameservers" "network" "on" "outbound" "pool" "qinq" "queues" "security" "size" "ssh-keys" "thick" "thin" "together" "topology" "tpm" "trunk" "user" "user-data" "vcpus" "vcpus-max" "vlan" "volume" "zone"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "vm")
 (#any-of? @constant "1.2" "2.0" "all" "any" "down" "floppy" "ide" "none" "qcow2" "raw" "sata" "scsi" "spice" "uefi" "uefi-secure" "up" "virtio" "vnc" "yes"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "image")
 (#any-of? @property "from" "keys" "on" "pool" "sha256"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "image")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "route")
 (#any-of? @property "on" "via"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "route")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @keyword)
 (#eq? @_head "dhcp")
 (#any-of? @keyword "static"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "dhcp")
 (#any-of? @property "dns" "lease" "on" "range" "router"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "dhcp")
 (#any-of? @constant "none" "yes"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "nat")
 (#any-of? @property "on" "out"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "nat")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "zone")
 (#any-of? @property "bridges" "cluster" "encap" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "zone")
 (#any-of? @constant "geneve" "none" "vxlan"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "tenant")
 (#any-of? @property "cluster"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "tenant")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "network")
 (#any-of? @property "bridge" "cluster" "dhcp" "dns" "external" "gateway" "mtu" "subnet" "vlan"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "network")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "router")
 (#any-of? @property "address" "cluster" "gateways" "networks" "snat" "uplink"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "router")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "hop")
 (#any-of? @property "cluster" "via"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "hop")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "peer")
 (#any-of? @property "cluster"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "peer")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "eip")
 (#any-of? @property "cluster" "router" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "eip")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "forward")
 (#any-of? @property "cluster" "port" "router" "to"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "forward")
 (#any-of? @constant "none" "sctp" "tcp" "udp"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "group")
 (#any-of? @property "cluster" "members"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "group")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "allow")
 (#any-of? @property "cluster" "log"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "allow")
 (#any-of? @constant "all" "any" "icmp" "none" "tcp" "udp"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "deny")
 (#any-of? @property "cluster" "log"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "deny")
 (#any-of? @constant "all" "any" "icmp" "none" "tcp" "udp"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "loadbalancer")
 (#any-of? @property "address" "check" "cluster" "port" "tcp" "to" "udp"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "loadbalancer")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "fence")
 (#any-of? @property "by" "cluster" "hosts" "options" "secrets"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "fence")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "vip")
 (#any-of? @property "apart" "cluster" "on" "prefer" "prefix" "together" "without"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "vip")
 (#any-of? @constant "fencing" "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "ha")
 (#any-of? @property "cluster" "migrate" "prefer" "restart" "transport" "without"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "ha")
 (#any-of? @constant "fencing" "none" "ssh" "tcp" "tls"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "order")
 (#any-of? @property "cluster" "then"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "order")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "migrate")
 (#any-of? @property "address" "auto-converge" "bandwidth" "check" "compress" "copy-template" "downtime" "on" "outage" "over" "parallel" "post-copy" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "migrate")
 (#any-of? @constant "none" "ssh" "tcp" "tls"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "delete")
 (#any-of? @property "disks" "erase" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "delete")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @keyword)
 (#eq? @_head "show")
 (#any-of? @keyword "and" "sort" "where"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "show")
 (#any-of? @property "by" "columns" "descending" "not" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "show")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "start")
 (#any-of? @property "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "start")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "stop")
 (#any-of? @property "force" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "stop")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "reboot")
 (#any-of? @property "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "reboot")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "suspend")
 (#any-of? @property "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "suspend")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "resume")
 (#any-of? @property "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "resume")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "save")
 (#any-of? @property "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "save")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "snapshot")
 (#any-of? @property "as" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "snapshot")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "revert")
 (#any-of? @property "on" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "revert")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "backup")
 (#any-of? @property "as" "incremental" "on" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "backup")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "restore")
 (#any-of? @property "as" "from" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "restore")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "rename")
 (#any-of? @property "on" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "rename")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "clone")
 (#any-of? @property "as" "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "clone")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "move")
 (#any-of? @property "bandwidth" "on" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "move")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "template")
 (#any-of? @property "disk" "from" "on" "pool"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "template")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "copy")
 (#any-of? @property "from" "pool" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "copy")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "balance")
 (#any-of? @property "limit"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "balance")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "drain")
 (#any-of? @property "copy-template" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "drain")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "maintain")
 (#any-of? @property "copy-template" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "maintain")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "undrain")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "link")
 (#any-of? @property "on"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "link")
 (#any-of? @constant "down" "none" "up"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "confirm")
 (#any-of? @property "within"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "confirm")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "expect")
 (#any-of? @property "address" "as" "bridge" "loss" "no" "on" "ping" "port" "state" "tcp" "trunk" "vlan" "vm" "within"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "expect")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "keep")
 (#any-of? @property "address" "outage"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "keep")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "capture")
 (#any-of? @property "count" "on" "to" "within"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "capture")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "screenshot")
 (#any-of? @property "on" "to"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "screenshot")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "why")
 (#any-of? @property "detail" "tcp" "udp"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "why")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "tree")
 (#any-of? @property "bridge" "on" "port" "tunnel" "vm"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "tree")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @keyword)
 (#eq? @_head "watch")
 (#any-of? @keyword "and" "sort" "where"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "watch")
 (#any-of? @property "by" "columns" "descending" "not" "on" "show" "tree"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "watch")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @property)
 (#eq? @_head "doctor")
 (#any-of? @property "on"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "doctor")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "cancel")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "let")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (_) (word) @property)
 (#eq? @_head "for")
 (#any-of? @property "in"))

((sentence head: (word) @_head (_) (word) @constant)
 (#eq? @_head "for")
 (#any-of? @constant "none"))

((sentence head: (word) @_head (word) @constant)
 (#eq? @_head "include")
 (#any-of? @constant "none"))

