"""What the codes of the disks of vms mean: problems of a script, and of what the hosts hold."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

STORAGE_PROBLEMS = (
    Explanation(
        "E230",
        "words of a disk that do not go together",
        "A disk is an overlay of an image, a copy of one, a file that is there, or new and empty: `from IMAGE`, `from "
        "IMAGE copy`, `file PATH`, `size 5G`. So there is nothing to `copy` without `from`, and an overlay, which has "
        "only what differs from its image, has the format that can do that: qcow2.",
        wrong="vm web1 on kvm1 disk data size 5G copy",
        right="vm web1 on kvm1 disk data size 5G",
    ),
    Explanation(
        "E231",
        "files that are to go with something that has none",
        "A deletion keeps the files of disks, unless it names them: `delete disk web1/data erase` removes the file of "
        "that disk, `delete vm web1 disks system, data` those of two disks of a vm that goes. Nothing else has files.",
        wrong="vm web1 on kvm1 disk data size 5G\ndelete vm web1 erase",
        right="vm web1 on kvm1 disk data size 5G\ndelete vm web1 disks data",
    ),
    Explanation(
        "E467",
        "a disk that would become smaller",
        "A larger `size` makes a disk grow; its guest sees that at once, and makes its file system larger itself. "
        "To cut a disk off would take away whatever lies at its end, of which nothing here knows whether it is needed. "
        "Make a smaller disk beside it, have the guest copy what it needs, and delete the old one.",
        before="vm web1 on kvm1 disk data size 5G",
        wrong="vm web1 disk data size 4G",
        right="vm web1 disk data size 6G",
    ),
    Explanation(
        "E567",
        "a pool that is not told by what it is",
        "A pool of type `dir`, which is the usual one, is a folder: say its `path`. One of type `nfs` is an export of "
        "a server: say its `source`, `nas:/export`; one of type `logical` a volume group: say its name as `source`. "
        "One of type `iscsi` is a target of a server: say `source nas` and its `target`; one of type `rbd` a pool of a "
        "Ceph cluster: say its name as `source`, and the cluster's `monitors`. These two may have a `user`, and then "
        "his `secret`.",
        wrong="pool store on kvm1 type nfs path /srv/store",
        right="pool store on kvm1 type nfs source nas:/export",
    ),
    Explanation(
        "E582",
        "a LUN or an image of a server that is none",
        "The disks of a pool of type `iscsi`, a target of a server, are the LUNs that it has: one is said by its "
        "number. Those of a pool of type `rbd` are the images of Ceph's pool, said by their names. Both are used "
        "as they are, and never written to by vnetsh, so nothing is made, copied or moved there. Other pools hold "
        "files, and have neither.",
        before="pool luns on kvm1 type iscsi source nas target iqn.2026-01.org.example:store",
        wrong="vm web1 on kvm1 disk data size 5G pool luns",
        right="vm web1 on kvm1 disk data pool luns lun 1",
    ),
    Explanation(
        "E602",
        "a disk in a volume group",
        "A pool of type `logical` is shown, and kept. But its volumes are block devices of one host: a vm that had one "
        "could move nowhere. So no disk is made there, none is moved there, and none is used by its name. A file "
        "system on a volume is a folder, and that can be a pool.",
        before="pool lvm on kvm1 type logical source vg0",
        wrong="vm web1 on kvm1 disk data size 5G pool lvm",
        right="pool fast on kvm1 path /srv/fast; vm web1 on kvm1 disk data size 5G pool fast",
    ),
    Explanation(
        "E583",
        "a disk that cannot be thick, or thin",
        "A thick disk has all its room from when it is made, so only where somebody can take it: in a folder of its "
        "host, not on a server, whose clients in QEMU cannot ask for that. And a disk that is there stays what it is: "
        "thick or thin is said when it is made.",
        before="pool store on kvm1 type nfs source nas:/export",
        wrong="vm web1 on kvm1 disk data size 5G thick pool store",
        right="vm web1 on kvm1 disk data size 5G pool store",
    ),
    Explanation(
        "E578",
        "a backup's name that another one has",
        "The vm has a backup of that name, in another pool or on another host. Said of the same pool it would be no "
        "change: a backup that is there is kept as it is. Without `as` a backup is called by the next number.",
        before="pool fast on kvm1 path /srv/fast\npool slow on kvm1 path /srv/slow\nvm web1 on kvm1 disk tiny.qcow2\n"
        "backup web1 to fast as monday",
        wrong="backup web1 to slow as monday",
        right="backup web1 to slow",
    ),
    Explanation(
        "E587",
        "a vm that cannot be restored as things are",
        "The disks of a vm change only while it is off, and has no saved state, which knows them as they are. A backup "
        "lies on the host on which it was made: the vm has to be there. One that is gone is made again only while all "
        "hosts answer, for it could be on one that is silent.",
        before="pool fast on kvm1 path /srv/fast\nvm web1 on kvm1 disk tiny.qcow2\nbackup web1 to fast as monday",
        wrong="restore web1 from monday",
        right="stop web1\nrestore web1 from monday",
    ),
    Explanation(
        "E472",
        "a pool that is not there, or cannot be made or removed",
        "A disk lies in a pool that its host has, or that the same script makes. libvirt takes one pool of a folder, "
        "and keeps no mark of one, so pools are neither adopted nor pruned. A pool in which vms have disks is not "
        "removed: delete those first.",
        wrong="vm web1 on kvm1 disk data size 5G pool fast",
        right="pool fast on kvm1 path /srv/fast\nvm web1 on kvm1 disk data size 5G pool fast",
    ),
    Explanation(
        "E580",
        "something that only a verb changes",
        "A disk's `pool` says where its file is made. One that is there stays where it is until that is asked for: "
        "`move disk VM/NAME to POOL` brings it over while its vm runs or is off, and then the sentence is right.",
        before="pool fast on kvm1 path /srv/fast\npool slow on kvm1 path /srv/slow\n"
        "vm web1 on kvm1 disk data size 5G pool fast",
        wrong="vm web1 disk data pool slow",
        right="move disk web1/data to slow\nvm web1 disk data pool slow",
    ),
    Explanation(
        "E581",
        "a disk that cannot be moved to another pool",
        "The message says why. A move makes a new file with what the guest sees of the disk; snapshots, checkpoints "
        "and bitmaps are in the old one, a saved state knows that by its place, and other vms may have it or build on "
        "it. And a disk that this script only makes is better made where it is to lie.",
        before="pool fast on kvm1 path /srv/fast",
        wrong="vm web1 on kvm1 disk data size 5G\nmove disk web1/data to fast",
        right="vm web1 on kvm1 disk data size 5G pool fast",
    ),
    Explanation(
        "E473",
        "a seed that cannot be made",
        "A seed's addresses are for the vm's first NIC, so it needs one. A file of user-data lies beside the script, "
        "is text, and has 16 KiB at most. While a vm has a saved state its media stay as they are.",
        wrong="vm web1 on kvm1 cloudinit addresses 192.0.2.50/24",
        right="vm web1 on kvm1 port vswitch01 cloudinit addresses 192.0.2.50/24",
    ),
    Explanation(
        "E468",
        "a disk that is not there, and of which nothing says what it is made of",
        "The vm has no disk of that name. To make one, say `size` for an empty one, `from` for one with an image's "
        "content, `file` for a file that is there. Names such as `vda` are those that disks without a name have: a new "
        "disk has none of them, unless it is a file that is there.",
        wrong="vm web1 on kvm1 disk vda size 5G",
        right="vm web1 on kvm1 disk data size 5G",
    ),
    Explanation(
        "E540",
        "an image that cannot be fetched as it is said",
        "A host that lacks an image has to know where it comes from and what its checksum is: both are said, `from` "
        "and `sha256`, and without the checksum nothing is kept, for nobody could tell a half or another image from "
        "the right one. `keys` are a file of this machine, by its whole path, and open objects of S3 only.",
        wrong="image alpine.qcow2 on kvm1 from https://images.example/alpine.qcow2",
        right="image alpine.qcow2 on kvm1 from https://images.example/alpine.qcow2 \\\n"
        "    sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    Explanation(
        "E541",
        "an image with other content",
        "A host has a file of that name already, with another checksum, or one that was changed since it was fetched. "
        "Vms may have disks that build on it, so it is not replaced: another version of an image is another image, of "
        "another name.",
        wrong="image debian12.qcow2 on kvm1 from https://images.example/debian12.qcow2 \\\n"
        "    sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        right="image debian12-7.qcow2 on kvm1 from https://images.example/debian12.qcow2 \\\n"
        "    sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    Explanation(
        "E504",
        "a vm of which no template can be made",
        "A template is a copy of a disk that nobody writes to meanwhile: its vm is off, and stays so until the copy is "
        "made. What is in snapshots, on a server or encrypted is in no such copy. And an image that is there is not "
        "replaced: vms may build on it.",
        before="vm web1 on kvm1 disk debian12.qcow2",
        wrong="template web from web1",
        right="stop web1\ntemplate web from web1",
    ),
    Explanation(
        "E505",
        "an image that cannot be copied to other hosts",
        "Some host has to have it, whole, and no vm may write to it. Where several have one of that name and it is not "
        "known to be the same, say from which it comes: `from kvm1`.",
        wrong="copy image debian12.qcow2 to kvm2",
        right="copy image debian12.qcow2 to kvm2 from kvm1",
    ),
)
