"""What the codes of disks mean that libvirt's hosts yield; read only when somebody asks."""

from __future__ import annotations

from vnetsh.explanations import Explanation

STORAGE_EXPLANATIONS = (
    Explanation(
        "E568",
        "a disk on a server that cannot be so",
        "QEMU reaches disks of servers by their URLs: `nfs://SERVER/EXPORT/FILE`, `iscsi://SERVER/TARGET/LUN`, "
        "`nbd://SERVER/EXPORT`, `rbd://MONITOR/POOL/IMAGE`. And what lies on a server has to be whole: a thin overlay "
        "would need its template, in the same place, on every host that its vm comes to.",
        before="pool store on kvm1 type nfs source nas:/export",
        wrong="vm web1 on kvm1 disk system from tiny.qcow2 pool store",
        right="vm web1 on kvm1 disk system from tiny.qcow2 copy pool store",
    ),
    Explanation(
        "E584",
        "a secret that cannot be used",
        "The user of a pool has a secret in a file of this machine, as seen from the folder where vnetsh was started: "
        "its only line is the password of an iSCSI target, or the key of Ceph's user, as `ceph auth get-key` prints "
        "it. It goes into libvirt's own secret on each host, and stands in no journal, history or list of processes.",
    ),
    Explanation(
        "E585",
        "a type of pool that a host does not have",
        "libvirt has a driver for each type of pool, and some are packages of their own. Ceph's is, in Debian, "
        "`libvirt-daemon-driver-storage-rbd`; QEMU's own, which then has the disk, is in `qemu-block-extra`.",
    ),
    Explanation(
        "E601",
        "a volume group that is not there",
        "A pool of type `logical` is a volume group which the host has: its kernel has device-mapper, `vgs` is there, "
        "and shows the group. The message says which of them is missing. No group is made, for that would take devices "
        "with all that is on them: `vgcreate` does it, by hand.",
    ),
    Explanation(
        "E603",
        "a volume group that is in use",
        "libvirt has made the volumes of the group active, and would make all of them inactive when it forgets the "
        "pool: others may use them. Stop the pool by hand, if none does: `virsh pool-destroy NAME`.",
    ),
    Explanation(
        "E569",
        "storage that a host does not reach",
        "The host was asked before anything was made: its QEMU, or libnfs, which comes with that, did not get to the "
        "server, the server does not export that to this host, or there is no such disk. The message has the tool's "
        "own words. In Debian the drivers are in the package `qemu-block-extra`.",
    ),
    Explanation(
        "E547",
        "a vm of which no backup can be made",
        "A backup has all that makes the vm again: an image of each disk that it writes to, and its definition. So it "
        "needs a persistent definition, disks that are files of its host or lie on servers that it reaches, neither "
        "encrypted nor shared with others, and no saved state, which would be missing. And the pool has to be a folder "
        "of the host, with room.",
    ),
    Explanation(
        "E548",
        "a backup that was removed",
        "What a backup held is gone when it is removed, so a run that removed one cannot be taken back. The runs "
        "before it can: `vnetsh history` numbers them.",
    ),
    Explanation(
        "E599",
        "a backup that others build on",
        "An incremental backup has what changed since the one before it, and is of no use without that one. So the "
        "latest goes first. `show backups` says of each since which it is.",
        before="pool fast on kvm1 path /srv/fast; vm web1 on kvm1 disk system from tiny.qcow2; "
        "backup web1 to fast incremental; backup web1 to fast incremental",
        wrong="delete backup web1/1",
        right="delete backup web1/2",
    ),
    Explanation(
        "E588",
        "a backup that cannot be restored",
        "The message says why: something of the backup is missing, or no vm could be made of it; the vm has snapshots "
        "or checkpoints, which are on the disks that would be replaced; or it has a disk no more that the backup has; "
        "or one is a server's as a whole, beside which the old one could not be kept: `as` makes another vm of it. "
        "Each image is compared with its sha256 before anything of the vm is touched.",
    ),
    Explanation(
        "E469",
        "a disk that cannot grow, or cannot come back",
        "The message says why. What another disk builds on is a template, and stays as it is, as do a file that "
        "several vms write to, one of a format that nobody makes larger, and one that a saved state or a snapshot "
        "knows. A file that is there is plugged in as it is: say its larger `size` when the vm has it. And a disk "
        "whose file is gone "
        "cannot be taken back.",
    ),
    Explanation(
        "E470",
        "a disk that cannot go",
        "A vm that was made with `disk FILE` has that disk as long as it is; it can grow, by the name that `show "
        "disks` has for it, and it goes with the vm. Disks with names, and those that others attached, can go by "
        "themselves. A file goes only where nobody else needs it: no other vm has it or builds on it, and none runs "
        "with it.",
        before="vm web1 on kvm1 disk tiny.qcow2",
        wrong="delete disk web1/vda",
        right="delete vm web1",
    ),
    Explanation(
        "E471",
        "a medium that cannot be put in",
        "The image for the CD drive is not on the host, or is said by a path though it lies in the host's image "
        "folder: there its name alone is what is shown, too. Or a vm writes to it, as its disk, and what is in a CD "
        "drive is not to change. A saved state knows the media of its vm as they are: start that first.",
        wrong="vm web1 on kvm1 cdrom nothing.iso",
        right="vm web1 on kvm1 cdrom debian12.iso",
    ),
    Explanation(
        "E544",
        "an image that is needed",
        "Disks of vms build on an image, or it is in a CD drive: without it those vms could not read their disks. "
        "Delete them first, or keep the image.",
        before="vm web1 on kvm1 disk debian12.qcow2",
        wrong="delete image debian12.qcow2 on kvm1",
        right="delete vm web1",
    ),
    Explanation(
        "E545",
        "a folder where no image can be put",
        "Images lie in the host's image folder, or in the pool that is said. Nobody could see what is in that folder: "
        "it is not there, the user by whom vnetsh logs in may not read it, or it is a server's. `sudo` in the "
        "host's sentence, or another pool, mends it.",
    ),
)
