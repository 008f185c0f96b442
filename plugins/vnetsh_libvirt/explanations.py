"""What the codes of libvirt's backend mean, E440 to E459."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E440",
        "a host that cannot take a vm now",
        "A migration needs libvirt at both ends, and at the host where the vm should go it does not answer or is "
        "not there. The message says what the host answered. See that the host is reached and that libvirtd (or "
        "virtqemud) runs there, then try again: nothing was moved.",
    ),
    Explanation(
        "E441",
        "a name that is taken on the vm's host",
        "The port of a vm is a network interface of the host, and one of that name is there already; or the vm "
        "should go to a host that has another vm of its name, or of its UUID. Choose another one, or delete that.",
        wrong="vm web1 on kvm1 port vswitch01 name vswitch01",
        right="vm web1 on kvm1 port vswitch01 name web1_port1",
    ),
    Explanation(
        "E442",
        "a bridge that is missing where a vm should go",
        "The ports of a vm keep their bridges when it moves, so the other host needs bridges of the same names. "
        "Declare the one that is missing before the vm is moved.",
        before="bridge vswitch02 on kvm1\nvm web1 on kvm1 port vswitch02",
        wrong="migrate web1 to kvm2",
        right="bridge vswitch02 on kvm2\nmigrate web1 to kvm2",
    ),
    Explanation(
        "E443",
        "a disk image that the host does not have",
        "A disk without a path is a file in the image folder of the host (`images` in its `host` sentence), and "
        "that has no such file, or, for a migration, one of another size. Correct the name, copy the image to that "
        "folder, or give the whole path of the file.",
        wrong="vm web1 on kvm1 disk cirros.img",
        right="vm web1 on kvm1 disk cirros.qcow2",
    ),
    Explanation(
        "E444",
        "too little memory or disk on the host",
        "The host has less free memory than the vm is to have, or, for a migration, too little room for its disk. "
        "Give the vm less, choose another host, or free some: stop a vm there or move it away.",
        wrong="vm web1 on kvm1 memory 64G",
        right="vm web1 on kvm1 memory 2G",
    ),
    Explanation(
        "E447",
        "a vm that vnetsh cannot change or move like this",
        "Either the vm has no persistent definition, so that libvirt forgets it when it stops and cannot keep other "
        "values: define it first, with `virsh dumpxml` and `virsh define`. Or it should move and has disks that are "
        "devices of its host, and nothing tells whether they are the same at the other: use `virsh migrate`. Or its "
        "disks are volumes of a pool that its host's libvirt does not have, so that nobody knows where they are.",
    ),
    Explanation(
        "E448",
        "a file that has the name of the vm's new disk",
        "A new vm gets a disk of its own, the file `VM.qcow2` in the image folder of the host, and such a file is "
        "there already, perhaps left by a vm that was deleted, or something else of that name, such as a folder or a "
        "link to nothing. To use a file as it is say `disk VM.qcow2 import`, else move it away.",
    ),
    Explanation(
        "E452",
        "a number of vcpus or an amount of memory that the vm cannot have",
        "What the vm is defined with does not fit the number: a CPU topology makes a certain number of vcpus, NUMA "
        "cells and memory modules share the memory out, a vcpu that would go has a pinning of its own, or the machine "
        "type takes fewer. libvirt would refuse it, or a setting that somebody made would be lost. Change both "
        "together with `virsh edit VM`. Or it is above the vm's own ceiling, `memory-max` or `vcpus-max`: say both.",
        wrong="vm web1 on kvm1 memory 2G memory-max 1G",
        right="vm web1 on kvm1 memory 2G memory-max 4G",
    ),
    Explanation(
        "E453",
        "what a deletion would lose",
        "libvirt forgets with a vm its snapshots, checkpoints and its saved state (and, before 8.9, the state of its "
        "TPM), and an undo could not bring them back. Take them away first, if they may go: `delete snapshot VM/NAME`, "
        "`virsh checkpoint-delete`, `virsh managedsave-remove`; or start the vm, which uses its saved state up.",
        wrong="vm web1 on kvm1\nsave web1\ndelete vm web1",
        right="vm web1 on kvm1\nsave web1\nstart web1\ndelete vm web1",
    ),
    Explanation(
        "E454",
        "a disk that another vm uses",
        "Two vms that write to one image destroy what is in it, and so does one that writes to the template of "
        "another's overlay: so a vm on whose disk another one builds is not started, gone back with, or given "
        "snapshots. It is the same image by whatever path: a link, a hard link, a way around by `..`. Copy "
        "the image for the new vm, or make it a thin overlay: leave `import` out.",
        before="vm web1 on kvm1 disk system file tiny.qcow2",
        wrong="vm web2 on kvm1 disk system file tiny.qcow2",
        right="vm web2 on kvm1 disk system from cirros.qcow2 copy",
    ),
    Explanation(
        "E455",
        "what a vm has that cannot go along",
        "When a vm moves, all that it has goes along, but for what libvirt ties to the host: snapshots, checkpoints "
        "of backups, a saved state, the state of a TPM while the vm is off, devices and folders of the host. The same "
        "holds for snapshots and bitmaps inside of an image while the vm runs, for an image that has its data in "
        "another file, and for a symbolic link in the place of one. Nothing of it is dropped in silence: take away "
        "what is needed no more, then move the vm. docs/moving.md has the list.",
        wrong="vm web1 on kvm1\nsave web1\nmigrate web1 to kvm2",
        right="vm web1 on kvm1\nsave web1\nstart web1\nmigrate web1 to kvm2",
    ),
    Explanation(
        "E456",
        "what a moving vm needs, and the other host lacks",
        "Read-only media, images that a disk builds on, firmware, storage pools, libvirt's networks and their port "
        "groups, network filters and secrets are not moved with a vm: the other host has to have them by the same "
        "name. The help says how to bring them there.",
    ),
    Explanation(
        "E457",
        "a file that would be there twice, or overwritten",
        "A moving vm's files are copied, so at the other host no other file may have their names, and no other vm "
        "may use the same file: there would be two, which differ from then on. When a move is taken back, the copy "
        "that stayed gives way, but not when others use it or have written to it since. Where both hosts see the very "
        "same file, on NFS or another shared filesystem, nothing is copied and nothing is refused.",
    ),
    Explanation(
        "E458",
        "a vm that cannot be read",
        "libvirt has the vm, but did not give its definition, or one that is not as libvirt's definitions are. `show "
        "vms` has a line of it that says why, and all else goes on. What it is cannot be told, so it is not changed; "
        "look at it on its host: `virsh dumpxml VM`.",
    ),
    Explanation(
        "E459",
        "a vm that cannot be saved",
        "To save a vm is to write down all that its machine is just now. Devices of the host that the guest has for "
        "itself, memory that it shares with others and folders of the host have a part of that which nobody can "
        "read. `suspend` holds the vm as it is as long as its host runs; or stop it.",
    ),
    Explanation(
        "E460",
        "a vm that goes off when it reboots",
        "Its definition says that it goes off in place of booting anew (`<on_reboot>destroy</on_reboot>`): tools that "
        "install a guest have it so until that is done. Stop it and start it: then it is made anew by its definition, "
        "which mostly says otherwise by then (`virsh dumpxml --inactive VM`).",
    ),
    Explanation(
        "E462",
        "a move that would never end",
        "The guest writes to its memory faster than the bandwidth that is allowed can send it, so there would always "
        "be more to send. Allow more `bandwidth` or a longer `downtime`; let the guest be slowed down for as long as "
        "that takes (`auto-converge`), or let it go on at its new host before all of its memory is there "
        "(`post-copy`), which "
        "loses it if the connection breaks then.",
    ),
    Explanation(
        "E463",
        "an outage that cannot be measured",
        "`migrate … outage 200ms` holds a move to a limit, so it has to be measured: by a port beside the vm on its "
        "bridges, from which it is asked for its address every 5 ms. This vm has no NIC on a bridge. Move it without "
        "`outage`; libvirt's own downtime is in the report all the same. docs/moving.md tells how it is measured.",
        before="vm web1 on kvm1",
        wrong="migrate web1 to kvm2 outage 200ms",
        right="migrate web1 to kvm2",
    ),
    Explanation(
        "E466",
        "a machine type or a CPU that the host has not",
        "The host's QEMU has no machine of that type, or cannot give its guests that CPU: a newer QEMU has more, "
        "another CPU of the host other models, and `host-passthrough` wants KVM. `virsh domcapabilities` on the host "
        "lists them.",
    ),
    Explanation(
        "E465",
        "a machine of another kind",
        "A guest finds its devices where its machine has them, and `pc` and `q35` have different buses: the definition "
        "of the one makes no machine of the other. Versions of one kind can follow each other (`machine pc-q35-8.0`). "
        "For another kind make a vm anew with the same disk, and see that its guest's system is ready for it.",
    ),
    Explanation(
        "E486",
        "a vm of which no snapshot can be taken",
        "A snapshot is kept on the vm's own disks, so each of them that it writes to must be a qcow2 image; libvirt "
        "keeps none of a vm whose firmware has its variables in a file of its own (UEFI), none of one that has only "
        "just run and forgets itself (transient), and no memory beside devices of the host. A saved state has to be "
        "used up first: `start`.",
    ),
    Explanation(
        "E487",
        "a vm that is made otherwise than when its snapshot was taken",
        "libvirt goes back to what the vm was defined with, too: its memory, its NICs, its disks would be as they were "
        "then, and what a sentence said since would be gone in silence. Say first what was so then, by a sentence; "
        "then `revert` changes nothing but what the guest has written.",
    ),
    Explanation(
        "E488",
        "a snapshot that was removed",
        "What a snapshot held is gone when it is removed, so a run that removed one cannot be taken back. The runs "
        "before it can: `vnetsh history` numbers them.",
    ),
    Explanation(
        "E490",
        "a vm that cannot be renamed",
        "libvirt renames no vm with snapshots, checkpoints or a saved state, and leaves the file of its firmware's "
        "variables where it is, under the old name. Take away what is needed no more, or make a vm anew with the same "
        "disk.",
    ),
    Explanation(
        "E491",
        "a vm that cannot be cloned",
        "A clone has copies of its model's disks, and what else two vms can have at a time. Without a disk that nobody "
        "can copy (a block device, one on the network, an encrypted one) it would not start the same. Copy that by "
        "hand, or take it out of the vm first. What a clone starts without, the plan says.",
    ),
    Explanation(
        "E489",
        "a snapshot in files of its own",
        "An external snapshot makes an image on top of the vm's disk; the vm writes there from then on, and the disk "
        "below must stay as it is. libvirt goes back to such a one from version 9.9 only. Whoever took it (a backup "
        "tool, mostly) removes it: `virsh blockcommit` brings the images together.",
    ),
    Explanation(
        "E600",
        "going back, with checkpoints of others",
        "A checkpoint has QEMU note what changes on a disk, for a backup tool. Going back to a snapshot changes it "
        "behind that: a vm that runs would die of it, one that is off would have a wrong list. Have the tool that made "
        "it remove it, or `virsh checkpoint-delete`; its next backup is a full one then. Those of vnetsh go by "
        "themselves.",
    ),
    Explanation(
        "E478",
        "a move that its hosts would not let begin",
        "Asked under their locks, the hosts have something in its way that no plan could see: a template that is "
        "another one there, a file where its disk is to be, a libvirt that does not reach the other one. Each says its "
        "remedy. The move itself asks the same before anything is copied, and is refused by it.",
    ),
    Explanation(
        "E480",
        "an address for migrations that the host does not have",
        "`host kvm2 migration-address ADDRESS` says to which of its addresses vms are sent, in a network of their own. "
        "The host was looked at, and none of its links has that address. Give it that one, or correct the hosts file.",
    ),
    Explanation(
        "E481",
        "a host without TLS for migrations",
        "A migration over TLS needs certificates at both hosts, in the folder that qemu.conf names there: the "
        "authority's (`ca-cert.pem`) at both, the server's and its key where the vm goes, and mostly the client's and "
        "its key where it comes from. The message says which are missing; docs/moving.md, how to make them. Or a "
        "host takes no migration without TLS (`migrate_tls_force`): say `over tls` then.",
    ),
    Explanation(
        "E482",
        "a disk that would have to go by ssh",
        "Over ssh only the memory of a vm can go, through the connection of both libvirt daemons. This one has a disk "
        "that the other host does not see, so it would have to be copied on the way. Move it over TLS, or put the disk "
        "where both hosts see it.",
    ),
    Explanation(
        "E483",
        "a migration over ssh where the daemons do not go by ssh",
        "Over ssh the data goes through the connection by which the libvirt daemon of the one host reaches that of the "
        "other. Here that is another one (`libvirt-peer` in the hosts file). Make it `qemu+ssh://…`, with keys between "
        "the hosts, or move over TLS.",
    ),
)
