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
        "E472",
        "a pool that is not there, or cannot be made or removed",
        "A disk lies in a pool that its host has, or that the same script makes. libvirt takes one pool of a folder, "
        "and keeps no mark of one, so pools are neither adopted nor pruned. A pool in which vms have disks is not "
        "removed: delete those first.",
        wrong="vm web1 on kvm1 disk data size 5G pool fast",
        right="pool fast on kvm1 path /srv/fast\nvm web1 on kvm1 disk data size 5G pool fast",
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
)
