"""The vocabulary of everything else: places, resources, changes and the fleet. Frozen values."""

from vnetsh.model.change import (
    KEEPER as KEEPER,
    ActionKind as ActionKind,
    Change as Change,
    Estimate as Estimate,
    Impact as Impact,
    Thing as Thing,
    imagine as imagine,
)
from vnetsh.model.check import Check as Check
from vnetsh.model.facts import (
    Facts as Facts,
    ImageSeen as ImageSeen,
    LinkFacts as LinkFacts,
    Plug as Plug,
    given_addresses as given_addresses,
)
from vnetsh.model.fleet import Fleet as Fleet
from vnetsh.model.nics import (
    LINK_DOWN as LINK_DOWN,
    LINK_UP as LINK_UP,
    is_nic_name as is_nic_name,
    link_of as link_of,
    nic_name as nic_name,
)
from vnetsh.model.packet import ECHO as ECHO, Packet as Packet, Traced as Traced
from vnetsh.model.power import is_off as is_off
from vnetsh.model.probing import KNOWN as KNOWN, ProbePort as ProbePort, probe_port as probe_port
from vnetsh.model.resource import (
    NOTHING as NOTHING,
    Attributes as Attributes,
    Host as Host,
    Inventory as Inventory,
    Key as Key,
    Place as Place,
    Resource as Resource,
    Value as Value,
    fleet_name as fleet_name,
    hosts_in as hosts_in,
    listed as listed,
    where_key as where_key,
)
from vnetsh.model.route import Finding as Finding, Hop as Hop, Route as Route, Severity as Severity
from vnetsh.model.trial import End as End, Trial as Trial, Tried as Tried, Watching as Watching
from vnetsh.model.under_way import UnderWay as UnderWay
