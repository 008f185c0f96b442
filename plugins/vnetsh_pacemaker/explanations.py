"""What the codes of clusters of Pacemaker mean: `vnetsh explain`."""

from __future__ import annotations

from vnetsh.explanations import Explanation

_FENCED = "fence kvm[1-3] by fence_lab\n"
_VM = "bridge br0 on kvm[1-3]\nvm web01 on kvm1 port br0\n"

EXPLANATIONS = (
    Explanation(
        "E590",
        "nothing fences a cluster's host",
        "A cluster that cannot make certain that a host is off must not start elsewhere what ran "
        "there: after a split both "
        "sides would run it, and two vms write on one disk. Say how each host is fenced, `fence "
        "kvm1 by fence_ipmilan …`; "
        "or say `without fencing` of what may run twice.",
        wrong=_VM + "ha web01\n",
        right=_FENCED + _VM + "ha web01\n",
    ),
    Explanation(
        "E591",
        "a vm's disk is on one host alone",
        "Another host of the cluster cannot start a vm whose disk it does not reach. Put the disk "
        "where all of them do (NFS, "
        "iSCSI, NBD, RBD), by the same path everywhere.",
    ),
    Explanation(
        "E592",
        "a host of the cluster lacks a bridge",
        "What a cluster keeps up may come to each of its hosts, and so each needs the bridge that it is on. Make the "
        "bridge on those that are named.",
        wrong=_FENCED + "bridge br0 on kvm1\nvm web01 on kvm1 port br0\nha web01\n",
        right=_FENCED + _VM + "ha web01\n",
    ),
    Explanation(
        "E593",
        "a cluster has the vm",
        "A vm under a cluster is changed by that and by nobody else: what libvirt was told behind its back would be "
        "undone at the next start on another host, or start the vm twice. `migrate`, `stop`, `start`, `drain` and the "
        "like go through the cluster; for all else take the vm out (`delete ha web01`), change it, and put it back "
        "(`ha web01`), in one run if you like: it goes on running.",
        wrong="vm web01 memory 1G\n",
        right="delete ha web01\nvm web01 memory 1G\n",
        before=_FENCED + _VM + "ha web01\n",
    ),
    Explanation(
        "E594",
        "a cluster without quorum",
        "The part of the cluster that answers is not the majority: what it says may be old, and "
        "what it would be told "
        "lost. Nothing is changed. `doctor` tells which hosts do not answer.",
    ),
    Explanation(
        "E595",
        "a vm that a cluster cannot take over",
        "A cluster takes over a vm that is there once, runs on one of its hosts, has no device of "
        "that host alone, and is "
        "not started by the host itself. And `order` names what the cluster keeps up. The message "
        "says what it is here.",
        wrong=_FENCED + "ha web01\n",
        right=_FENCED + _VM + "ha web01\n",
    ),
    Explanation(
        "E596",
        "what others made in a cluster is in the way",
        "Others' constraints, groups, tags or levels of fencing name what is to go, or nobody "
        "could give back what would "
        "go with it. vnetsh takes nothing of theirs away: they do, by `pcs`.",
        wrong="delete ha web01\n",
        right="delete order web01 then 192.0.2.50\ndelete ha web01\n",
        before=_FENCED + _VM + "ha web01\nvip 192.0.2.50 on br0\norder web01 then 192.0.2.50\n",
    ),
    Explanation(
        "E597",
        "a secret that would be seen",
        "What an agent needs to log in belongs into a file of this machine, which `secrets` names: its value goes to a "
        "file of each host alone, and never into a plan, a journal or the CIB.",
        wrong='fence kvm1 by fence_ipmilan options "ip=192.0.2.11", "password=hush"\n',
        right='fence kvm1 by fence_ipmilan options "ip=192.0.2.11" secrets "password=ipmi-kvm1"\n',
    ),
    Explanation(
        "E604",
        "a file without a secret",
        "What `secrets` names is a file of this machine, as seen from the folder where vnetsh was started, with the "
        "secret as its only line. It is not there, cannot be read, or has something else.",
    ),
    Explanation(
        "E605",
        "a cluster that does nothing just now",
        "Others told the cluster to leave all alone (maintenance mode), to stop all, or to run nothing but where a "
        "rule says so; or to leave this vm alone. What it is asked it would not do, or it would stop a vm that it "
        "takes over. "
        "The message says what it was told, and what ends that.",
    ),
    Explanation(
        "E606",
        "a host that is none of its cluster's",
        "What is said of a host in the cluster, and how it is fenced, goes by the name that the cluster has for it "
        "(`crm_node -l`). It has to be the one of the hosts file, or a longer one that begins so (`kvm1.example.org`).",
    ),
    Explanation(
        "E598",
        "fencing that is still needed",
        "With it the cluster could not fence all of its hosts any more, and something there relies "
        "on that. Say another "
        "device beside it first.",
        wrong="delete fence kvm1\n",
        right="fence other by fence_lab hosts kvm1\ndelete fence kvm1\n",
        before=_FENCED + _VM + "ha web01\n",
    ),
)
