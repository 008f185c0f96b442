"""The kind `member`: a host as its cluster has it. It is shown, and drained and undrained with the host."""

from __future__ import annotations

from vnetsh.schema import FLAG, HOST, Attribute, Kind, Text
from vnetsh_pacemaker.sort import CLUSTER, MEMBER, SET_ASIDE, SORT, STANDBY

MEMBER_KIND = Kind(
    MEMBER,
    subject=HOST,
    help="A host as its cluster has it: `drain` puts it into standby, `undrain` takes it out of that.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute(
            "state", Text(), "Whether it takes part, as the cluster says.", settable=False, passing=True
        ),
        Attribute(STANDBY, FLAG, "That nothing is put there, until somebody says otherwise.", settable=False),
        Attribute(
            SET_ASIDE,
            FLAG,
            "That a drain had it so: `undrain` ends it.",
            settable=False,
            inner=True,
            column=False,
        ),
        Attribute(
            "fenced-by", Text(what="a list", many=True), "What fences it.", settable=False, passing=True
        ),
        Attribute(
            "runs",
            Text(what="a list", many=True),
            "What the cluster runs there.",
            settable=False,
            passing=True,
        ),
    ),
    requires=("fence", "vip", "ha"),
    sayable=False,
    brings=(),
)
