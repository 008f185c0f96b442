"""What the codes of OVN's diagnostics mean: `vnetsh explain`."""

from __future__ import annotations

from vnetsh.explanations import Explanation

EXPLANATIONS = (
    Explanation(
        "E553",
        "what is said of a network does not go together",
        "A network has one subnet of each version of IP at most, and its gateway is an address of one of them; DHCP "
        "gives addresses of the subnet. A network that leads outside needs a bridge of its chassis.",
    ),
    Explanation(
        "E554",
        "there is no such tenant",
        "What is called `acme/web` stands in the tenant `acme`, who is declared by a sentence of their own, mostly with "
        "all that is theirs in its block: `tenant acme { network web }`.",
    ),
)
