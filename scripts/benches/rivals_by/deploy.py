# mypy: ignore-errors
"""The job for pyinfra: what is there is one fact of a host, asked once; an operation a bridge, and one a port."""

import json

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation


class OvsPorts(FactBase):
    """Tags by the names of ports; a bridge has a port of its own name."""

    default = dict

    def command(self):
        """One look for all of them."""
        return "ovs-vsctl --format=json --columns=name,tag list Port"

    def process(self, output):
        """An empty tag is `["set", []]`."""
        return dict(json.loads("".join(output))["data"])


@operation()
def bridge(bridge):
    """Have a bridge."""
    if bridge not in host.get_fact(OvsPorts):
        yield StringCommand(
            "ovs-vsctl", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev"
        )
    else:
        host.noop(f"bridge {bridge} is there")


@operation()
def port(bridge, port, tag):
    """Have a port with a VLAN."""
    there = host.get_fact(OvsPorts)
    if port not in there:
        made = ("add-port", bridge, port, f"tag={tag}", "--", "set", "interface", port, "type=internal")
        yield StringCommand("ovs-vsctl", *made)
    elif there[port] != tag:
        yield StringCommand("ovs-vsctl", "set", "port", port, f"tag={tag}")
    else:
        host.noop(f"port {port} is there")


for b in range(1, host.data.bridges + 1):
    bridge(name=f"bridge rb{b}", bridge=f"rb{b}")
for b in range(1, host.data.bridges + 1):
    for p in range(10):
        port(name=f"port rb{b}p{p}", bridge=f"rb{b}", port=f"rb{b}p{p}", tag=100 + p)
