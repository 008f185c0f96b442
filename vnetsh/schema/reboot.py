"""Whether what was made on a host is there again after its start."""

from vnetsh.model.reboot import SURVIVES
from vnetsh.schema.sentence import Attribute
from vnetsh.schema.values import Text

SURVIVES_REBOOT = Attribute(
    SURVIVES, Text(), "`yes`: the host's own network system brings it about at each start.", settable=False
)
"""Of what a kernel forgets, and a database would keep by itself."""
