"""What a VM has, and what becomes of it when it moves: the table that a plan walks, printed in docs/moving.md. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh_libvirt import belongings, insides, own_files
from vnetsh_libvirt.leaving import Check

CARRIED, REFUSED, NEEDED, SAID, NOTHING = (
    "carried",
    "refused (E455)",
    "needed there (E456)",
    "stays, and is said",
    "–",
)


@dataclass(frozen=True)
class Line:
    """Something that a VM has: what becomes of it when it moves while it runs, and while it is off.

    `check` refuses the plan, or says what is to be said of it; where there is none, it simply goes along. `short` names
    that where `what` is long.
    """

    what: str
    live: str
    off: str
    check: Check | None = None
    short: str = ""


CARGO = (
    Line(
        "definition, with the metadata of other tools, tuning, current and maximum memory and CPUs",
        CARRIED,
        CARRIED,
    ),
    Line("what was changed only as it runs (hot-plugged disks, limits, a balloon)", CARRIED, NOTHING),
    Line("autostart", CARRIED, CARRIED),
    Line(
        "being paused",
        "carried; refused (E455) where an error or a watchdog paused it",
        NOTHING,
        belongings.pause,
    ),
    Line("being paused, with variables of its firmware", REFUSED, NOTHING, belongings.paused_firmware),
    Line("snapshots, internal and external", REFUSED, REFUSED, belongings.snapshots),
    Line("checkpoints that others made", REFUSED, REFUSED, belongings.checkpoints),
    Line("saved state (managed save)", NOTHING, REFUSED, belongings.saved_state),
    Line("a block copy under way", REFUSED, NOTHING, belongings.block_jobs),
    Line(
        "devices of the host: PCI, USB, mediated, SCSI, folders, NVDIMMs, serial ports, encrypted memory",
        f"{REFUSED}, naming the device",
        f"{REFUSED}, naming the device",
        belongings.host_devices,
        "devices of its host",
    ),
    Line("memory shared with others (shmem)", REFUSED, CARRIED, belongings.shared_memory),
    Line("state of an emulated TPM", CARRIED, REFUSED, belongings.tpm),
    Line("disks that are block devices", "refused (E447)", "refused (E447)"),
    Line(
        "disks that are files, also of pools",
        "copied, but where both hosts share the file",
        "copied, but where both hosts share the file",
        own_files.in_the_way,
        "the places of its disks are free",
    ),
    Line(
        "disks on a server (NFS, iSCSI, NBD)",
        "stay there: the other host reaches the same",
        "stay there: the other host reaches the same",
        insides.on_servers,
    ),
    Line("disks that only its definition has, while it runs", "copied", NOTHING),
    Line(
        "the old copy of a disk, when a move is taken back",
        "gives way; refused (E457) where others use it, or have written to it since",
        "gives way; refused (E457) where others use it, or have written to it since",
        own_files.old_copies,
        "old copies of its disks",
    ),
    Line("disks that are symbolic links to files", REFUSED, REFUSED, insides.links, "disks by links"),
    Line(
        "data of a disk in another file (qcow2, vmdk), and what it builds on that is no file",
        REFUSED,
        REFUSED,
        insides.outside,
        "disks that are whole in their files",
    ),
    Line(
        "snapshots, bitmaps and encryption inside of an image",
        REFUSED,
        "copied",
        insides.inside,
        "what is inside of its images",
    ),
    Line(
        "how an image was made: cluster size, lazy reference counts, version of its format",
        f"{CARRIED}; what libvirt does not make (compression, reference counts of other sizes) is said",
        "copied",
    ),
    Line(
        "pools that disks are volumes of",
        f"{NEEDED}; without a definition told by their files from then on, which is said",
        NEEDED,
        belongings.pools,
    ),
    Line(
        "disks that are shareable, or another VM's as well",
        "refused (E457), but where both hosts share the file",
        "refused (E457), but where both hosts share the file",
        own_files.used_by_others,
        "disks that others use",
    ),
    Line("variables of its firmware (NVRAM)", CARRIED, "copied"),
    Line(
        "read-only media, what disks build on, firmware, kernel and initrd",
        NEEDED,
        NEEDED,
        belongings.media,
        "media, firmware, kernel",
    ),
    Line("the seed that its guest is told by (`cloudinit`)", CARRIED, "copied"),
    Line("what those build on in turn", NEEDED, NEEDED, insides.chain),
    Line(
        "NICs on bridges",
        "carried; the bridge needed there (E442)",
        "carried; the bridge needed there (E442)",
    ),
    Line(
        "what others set on its NICs at their switch (trunks, policing, QoS, tags, mirrors of it)",
        REFUSED,
        NOTHING,
    ),
    Line(
        "NICs of libvirt's networks, with port groups",
        NEEDED,
        NEEDED,
        belongings.networks,
        "libvirt's networks",
    ),
    Line("NICs on a link of the host (macvtap)", NEEDED, NEEDED, belongings.direct_links),
    Line("network filters", NEEDED, NEEDED, belongings.filters),
    Line("secrets of its disks", NEEDED, NEEDED, belongings.secrets),
    Line("what its consoles wrote to files", SAID, SAID, belongings.logs),
    Line(
        "CPU model, machine type, emulator",
        "needed there (E466)",
        "needed there (E466)",
    ),
)
