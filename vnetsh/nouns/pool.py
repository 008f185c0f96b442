"""The noun `pool`: a folder of disk images, or network storage, that a host's libvirt knows by a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.nouns.pool_words import Folder, Monitor, PoolSource, PoolType, Shared, Target, User
from vnetsh.schema import HOSTS, Attribute, Kind, Name, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.schema.lent import Settling


_OF_TYPE = {
    None: ("path",),
    "nfs": ("source",),
    "iscsi": ("source", "target"),
    "rbd": ("source", "monitors"),
    "logical": ("source",),
}
"""By its type, where a pool is: the words that must be said."""

_WHERE = ("path", "source", "target", "monitors")

_PROVING = ("iscsi", "rbd")
"""The types whose servers may ask who somebody is."""


def _settle(pool: Resource, settler: Settling) -> Sequence[Resource]:
    """A new folder can be used at once; one that is there stays in the state in which it is."""
    there = settler.fleet.get("pool", pool.place, pool.name)
    if there:
        return [pool]
    kind = pool.get("type")
    wanted = _OF_TYPE[None if kind is None else str(kind)]
    wrong = next((word for word in _WHERE if (pool.get(word) is None) == (word in wanted)), "")
    exported = ":/" in pool.text("source")
    if kind == "logical" and ":" in pool.text("source"):
        wrong = wrong or "source"
    if not wrong and "source" in wanted and exported != (kind == "nfs"):
        wrong = "source"
    if wrong:
        told = " and ".join(f"`{word}`" for word in wanted)
        help = "`pool fast on kvm1 path /srv/fast`, `pool store on kvm1 type nfs source nas:/export`, `pool luns on "
        help += "kvm1 type iscsi source nas target iqn.2026-01.org.example:store`, or `pool ceph on kvm1 type rbd "
        help += "source vms monitors ceph1, ceph2`, or `pool lvm on kvm1 type logical source vg0`"
        message = f"a pool of type `{kind or PoolType.usual}` is told by its {told}"
        settler.refuse(Diagnostic("E567", message, pool.at(wrong), help=help))
        return []
    if problem := _no_proof(pool, str(kind or PoolType.usual)):
        settler.refuse(problem)
        return []
    return [pool if kind else pool.with_attributes(state="running")]


def _no_proof(pool: Resource, kind: str) -> Diagnostic | None:
    """That a new pool has a user without a secret, a secret of nobody, or a server that asks for neither."""
    said = [word for word in ("user", "secret") if pool.get(word) is not None]
    if len(said) == 1:
        message = f"pool `{pool.name}` has a `{said[0]}`, and what belongs to it is not said"
        help = "say both: `user NAME secret FILE`; the file is one of this machine, with the secret as its only line"
        return Diagnostic("E567", message, pool.at(said[0]), help=help)
    if said and kind not in _PROVING:
        message = f"a pool of type `{kind}` has no user: nobody asks for one"
        return Diagnostic("E567", message, pool.at("user"), help="leave `user` and `secret` out")
    return None


POOL_KIND = Kind(
    "pool",
    subject=Name(what="a pool's name", never="/"),
    help="A folder of disk images, an export of an NFS server, an iSCSI target, or a pool of a Ceph cluster, that a "
    "host's libvirt knows by a name: `disk data size 5G pool NAME` lies there, `disk data pool NAME lun 3` is a LUN of "
    "the target, `disk data pool NAME volume web1` an image of Ceph's pool. What lies on a server is not copied when "
    "its vm moves.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "type",
            PoolType(),
            "What it is: a folder of the host (`dir`), an export of an NFS server (`nfs`), a target of an iSCSI "
            "server (`iscsi`), a pool of a Ceph cluster (`rbd`), or a volume group of the host (`logical`). QEMU "
            "itself reaches servers: no host mounts anything, or logs in.",
            otherwise="`dir`",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "path",
            Folder(),
            "The folder; one that is missing is made.",
            otherwise="a pool of type `dir` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "source",
            PoolSource(),
            "The server and what it exports; of a target its server alone; of `rbd` the name of Ceph's pool, of "
            "`logical` that of the volume group.",
            otherwise="a pool of another type than `dir` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "target",
            Target(),
            "The target, whose LUNs are disks.",
            otherwise="a pool of type `iscsi` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "monitors",
            Monitor(many=True, ordered=False),
            "The monitors of the Ceph cluster.",
            otherwise="a pool of type `rbd` has to have some",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "user",
            User(),
            "Who has its disks, as its server knows him: by CHAP (`iscsi`), or by cephx (`rbd`).",
            otherwise="nobody in particular",
            immutable=True,
            clearable=False,
            excludes=("path", "shared"),
        ),
        Attribute(
            "secret",
            Text(what="a file of this machine", offers="file"),
            "The file, on this machine, that has the user's password (`iscsi`) or key (`rbd`) as its only line. "
            "libvirt's secret on each host is made of it.",
            otherwise="its user needs one",
            clearable=False,
            column=False,
            local=True,
            excludes=("path", "shared"),
        ),
        Attribute(
            "shared",
            Shared(),
            "Whether the folder is the same on several hosts, which have it mounted: its disks are not copied when vms "
            "move. It is tried before it is believed.",
            otherwise="`no`; a folder of NFS, CephFS and their like is known as such",
            clearable=False,
            column=False,
            excludes=("source", "target", "monitors"),
        ),
        Attribute("state", Text(), "`running` or `stopped`.", settable=False),
    ),
    brings=(),
    settle=_settle,
    example="pool fast on kvm1, kvm2 path /srv/fast",
)
