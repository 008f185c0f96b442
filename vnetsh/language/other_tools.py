"""What people who come from other tools write first, and how it is said here."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.diagnostics import closest

_BRIDGE = "a bridge is `bridge br0 on kvm1`"
_PORT = (
    "a port is said with its bridge: `bridge br0 on kvm1 port eth1`; a vm's with the vm: `vm web1 port br0`"
)
_VM = "a vm is `vm web1 on kvm1 memory 512M disk web.qcow2`"
_TUNNEL = "a tunnel is `tunnel gre12 kvm1<->kvm2 on br0`; type, key and both addresses come with it"
NO_EQUALS = "there is no `=`: a key and its value stand side by side, `memory 512M`"
_TOOL = "vnetsh reaches the hosts itself: "

HEADS = {
    # Open vSwitch
    "ovs-vsctl": _TOOL + _BRIDGE,
    "add-br": _BRIDGE,
    "del-br": "`delete bridge br0 on kvm1` removes a bridge",
    "add-port": _PORT,
    "del-port": "`delete port eth1 on kvm1` removes a port",
    "add-bond": _PORT,
    "set": "say the thing with its new value: `bridge br0 on kvm1 port eth1 vlan 10`; a variable is `let n 3`",
    "get": "`show bridges`, `show vms`, `show ports`",
    # libvirt
    "virsh": _TOOL + "`start web1`, `stop web1`, `reboot web1`, `migrate web1 to kvm2`, `show vms`",
    "virt-install": _VM,
    "domain": _VM,
    "guest": _VM,
    "instance": _VM,
    "server": _VM,
    "define": _VM,
    "create": "name what there should be: " + _VM + ", " + _BRIDGE,
    "destroy": "`stop web1 force` switches a vm off, `delete vm web1` removes it and keeps its disk",
    "reset": "`reboot web1` has a vm's guest boot anew, and resets one that does not heed",
    "restart": "`reboot web1` has a vm's guest boot anew; what waits for a restart needs `stop web1` and `start web1`",
    "managedsave": "`save web1` saves a vm, `start web1` goes on from there",
    "pause": "`suspend web1`",
    "unpause": "`resume web1`",
    "poweroff": "`stop web1 force` switches a vm off, `stop web1` asks its guest first",
    "undefine": "`delete vm web1` removes a vm and keeps its disk",
    "shutdown": "`stop web1` shuts a vm down",
    "attach-interface": _PORT,
    "list": "`show vms`",
    # ip, brctl, nmcli
    "ip": _TOOL + _BRIDGE,
    "brctl": _TOOL + "`bridge br0 on kvm1 backend linux`",
    "addbr": "`bridge br0 on kvm1 backend linux` is a Linux bridge",
    "nmcli": _TOOL + _BRIDGE,
    "connection": _BRIDGE,
    "con": _BRIDGE,
    "gre": _TUNNEL,
    "vxlan": _TUNNEL,
    "geneve": _TUNNEL,
    # netlab, containerlab, Terraform
    "node": "a host is `host kvm1 address 192.0.2.1`, a vm is `vm web1 on kvm1`",
    "link": _TUNNEL,
    "links": _TUNNEL,
    "resource": _VM + "; " + _BRIDGE,
    "module": '`include "network.vnet"` reads another script',
    "switch": _BRIDGE,
    "network": _BRIDGE,
    "remove": "`delete bridge br0 on kvm1`",
    "del": "`delete bridge br0 on kvm1`",
    "rm": "`delete bridge br0 on kvm1`",
    "move": "`migrate web1 to kvm2`",
    # Shells
    "ls": "`show vms`, `show bridges`, `show hosts`: what there is to see",
    "clear": "Ctrl-L clears the screen",
    # vnetsh's own command line and shell
    "exit": "it stands alone in the shell, as does Ctrl-D; a script ends with its last line",
    "quit": "`exit` stands alone in the shell, as does Ctrl-D; a script ends with its last line",
    "plan": "`plan bridge br0 on kvm1` in the shell, `vnetsh plan FILE` on the command line",
    "undo": "`undo` in the shell, `vnetsh undo` on the command line: it shows its plan, and asks",
    "history": "`history` in the shell, `vnetsh history` on the command line",
    "rollback": "`rollback to run 12` in the shell, `vnetsh rollback to run 12` on the command line",
    "recover": "`recover` in the shell, `vnetsh recover` on the command line",
    "vnetsh": "leave that word out: a script and the shell hold plain sentences",
    "explain": "`vnetsh explain E102` on the command line, `help E102` in the shell",
    "fmt": "`vnetsh fmt FILE` on the command line",
    "check": "`vnetsh check FILE` on the command line",
    "export": "`vnetsh export` on the command line",
    "if": "there are no conditions: what should differ is set from outside, `--set n=3`",
    "echo": "there is nothing to print to: `show vms` shows what there is",
}


def of_head(word: str, following: Sequence[str]) -> str:
    """What to say instead of a sentence that begins so, and goes on so; empty when the habit is not known."""
    if word.endswith(":"):
        return "this is no YAML: a sentence is a noun, its name, then `key value` pairs: `bridge br0 on kvm1`"
    if "=" in word:
        return "there is no `=`: `let n 3` gives a variable its value"
    known = HEADS.get(word.lower(), "")
    if known.startswith(_TOOL):  # `ovs-vsctl add-port …`: what the tool was to do says more than its name
        known = next((_TOOL + HEADS[word] for word in following if word in HEADS), known)
    return known


def of_key(word: str, keys: Sequence[str], following: str, unsaid: Sequence[str], listing: str) -> str:
    """What was probably meant by a word that is no key of its sentence; empty when there is no telling.

    `keys` would fit here, `unsaid` are those that must still be said, `following` is the next word, and `listing`
    the list's last words when one stands just before.
    """
    plain = word.lstrip("-").rstrip(":")
    name, equals, value = plain.partition("=")
    if equals and name in keys:
        return f"there is no `=`: `{name} {value or following}`"
    if plain in keys and plain != word:
        return f"plain words: `{plain} {following}`".rstrip(" `") + "`"
    if word == "=":
        return NO_EQUALS
    if closest(word, keys):
        return ""
    if listing.rpartition(" ")[2] in keys:
        return f"no comma before `{listing.rpartition(' ')[2]}`: pairs are separated by blanks"
    if listing:
        return f"to go on with the list, put a comma: `{listing}, {word}`"
    if len(unsaid) == 1 and not following:
        return f"is it `{unsaid[0]} {word}`?"
    return ""
