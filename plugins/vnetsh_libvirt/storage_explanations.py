"""What the codes of disks mean that libvirt's hosts yield; read only when somebody asks."""

from __future__ import annotations

from vnetsh.explanations import Explanation

STORAGE_EXPLANATIONS = (
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
)
