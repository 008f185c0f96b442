"""What a migration may use, by the wishes of its sentence: libvirt's flags and parameters. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import libvirt

from vnetsh.model import Attributes

BANDWIDTH, DOWNTIME, PARALLEL = "bandwidth", "downtime", "parallel"
AUTO_CONVERGE, POST_COPY, COMPRESS = "auto-converge", "post-copy", "compress"

_FLAGS = {
    AUTO_CONVERGE: libvirt.VIR_MIGRATE_AUTO_CONVERGE,
    POST_COPY: libvirt.VIR_MIGRATE_POSTCOPY,
    COMPRESS: libvirt.VIR_MIGRATE_COMPRESSED,
    PARALLEL: libvirt.VIR_MIGRATE_PARALLEL,
}
MIB = 2**20


def bytes_a_second(wishes: Attributes) -> int:
    """The bandwidth in libvirt's own measure, which is whole MiB/s, at least one; 0 where there is no limit."""
    bits = wishes.get(BANDWIDTH)
    return max(int(bits) // 8 // MIB, 1) * MIB if isinstance(bits, int) else 0


def downtime(wishes: Attributes) -> int:
    """The longest pause in milliseconds; 0 where QEMU's own holds."""
    said = wishes.get(DOWNTIME)
    return said if isinstance(said, int) else 0


def flags_and_parameters(wishes: Attributes) -> tuple[int, Mapping[str, object]]:
    """What libvirt is told of them when the migration begins."""
    flags = 0
    for wish, flag in _FLAGS.items():
        flags |= flag if wishes.get(wish) else 0
    parameters: dict[str, object] = {}
    if bandwidth := bytes_a_second(wishes):
        parameters[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH] = bandwidth // MIB
        if wishes.get(POST_COPY):
            parameters[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY] = bandwidth // MIB
    if connections := wishes.get(PARALLEL):
        parameters[libvirt.VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS] = connections
    return flags, parameters
