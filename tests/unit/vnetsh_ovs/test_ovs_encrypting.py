"""A tunnel counts as encrypted only where its host says that it is, and is refused where the host could not."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from vnetsh.errors import VerificationFailed
from vnetsh.hosts.transport import Completed
from vnetsh.model import ActionKind, Change, Fleet, Host, Resource
from vnetsh_ovs import encrypting
from vnetsh_ovs.rows import Index
from vnetsh_ovsdb.operations import as_pairs

TOLD = """\
Interface name: other v3 (INVALID: must set 'certificate' as local certificate)
  Tunnel Type:    gre
Kernel policies installed:
  src 10.9.0.1/32 dst 10.9.0.2/32 proto gre
Kernel security associations installed:
IPsec connections that are active:

Interface name: t v1 (CONFIGURED)
  Tunnel Type:    vxlan
  Remote IP:      10.9.0.2
Kernel policies installed:
  src 10.9.0.1/32 dst 10.9.0.2/32 proto udp dport 4789
  src 10.9.0.1/32 dst 10.9.0.2/32 proto udp sport 4789
Kernel security associations installed:
IPsec connections that are active:
  t-in-1{13}:   10.9.0.1/32[udp/4789] === 10.9.0.2/32[udp]

"""
"""As ovs-monitor-ipsec 3.1 with strongSwan 5.9 says it."""
FILES = '"/etc/c.pem"\n"/etc/k.pem"\n"/etc/ca.pem"\n'


def tunnel(name: str = "t", **said: str | None) -> Resource:
    values = {"bridge": "b", "type": "vxlan", "remote": "10.9.0.2", "remote-name": "kvm2", "encrypted": "yes"}
    return Resource("tunnel", name, "kvm1", {**values, **said}, backend="ovs")


@pytest.mark.parametrize(
    ("one", "told", "why"),
    [
        (tunnel(), TOLD, ""),
        (tunnel(), None, "no ovs-monitor-ipsec runs"),
        (tunnel(), "No tunnels configured with IPsec\n", "not taken it up yet"),
        (tunnel("t2"), TOLD, "not taken it up yet"),
        (tunnel("other", type="gre"), TOLD, "must set 'certificate' as local certificate"),
        (tunnel(type="gre"), TOLD, "no policy"),
        (tunnel(remote="10.9.0.3"), TOLD, "no policy"),
    ],
)
def test_it_is_encrypted_only_where_the_host_does_it(one: Resource, told: str | None, why: str) -> None:
    def ask(argv: Sequence[str]) -> Completed:
        return Completed(1 if told is None else 0, told or "", "")

    (found,) = encrypting.with_encryption([one], ask)
    assert found.get("encrypted") == (None if why else "yes")
    assert why in found.text("error")
    changes = [Change(ActionKind.ADD, None, one)]
    if why:
        with pytest.raises(VerificationFailed, match=why):
            encrypting.see_to(changes, "kvm1", ask, 0)
    else:
        encrypting.see_to(changes, "kvm1", ask, 0)


def test_who_has_no_such_tunnel_is_not_asked() -> None:
    def ask(argv: Sequence[str]) -> Completed:
        raise AssertionError(argv)

    plain = [tunnel(encrypted=None)]
    assert encrypting.with_encryption(plain, ask) is plain
    encrypting.see_to([Change(ActionKind.ADD, None, plain[0])], "kvm1", ask, 0)


@pytest.mark.parametrize(
    ("running", "files", "subject", "options", "why"),
    [
        (True, FILES, "subject=CN=kvm1,O=fleet", {}, ""),
        (False, FILES, "subject=CN=kvm1,O=fleet", {}, "no ovs-monitor-ipsec runs there"),
        (True, '"/etc/c.pem"\n\n\n', "subject=CN=kvm1,O=fleet", {}, "private_key and ca_cert"),
        (True, FILES, "", {}, "cannot be read: no such file"),
        (True, FILES, "subject=CN=kvm1", {}, "finds no name"),
        (True, FILES, "subject=CN=kvm9,O=fleet", {}, "is one of `kvm9`, not of `kvm1`"),
        (True, FILES, "subject=CN=kvm1,O=fleet", {"psk": "x"}, "the option `psk`"),
    ],
)
def test_what_a_host_lacks_is_said_before(
    running: bool, files: str, subject: str, options: dict[str, str], why: str
) -> None:
    def ask(argv: Sequence[str]) -> Completed:
        if "tunnels/show" in argv:
            return Completed(0 if running else 1, "", "")
        if argv[0] == "ovs-vsctl":
            return Completed(0, files, "")
        return Completed(0, f"{subject}\n", "") if subject else Completed(1, "", "no such file\n")

    tables = {
        "Bridge": {"b": {"name": "b", "ports": ["uuid", "p"]}},
        "Port": {"p": {"name": "t", "interfaces": ["uuid", "i"]}},
        "Interface": {"i": {"name": "t", "options": as_pairs(options)}},
    }
    index = Index(SimpleNamespace(), tables, "")  # type: ignore[arg-type]
    plain = tunnel(encrypted=None, **{"remote-name": None})
    changes = [Change(ActionKind.CHANGE, plain, tunnel()), Change(ActionKind.ADD, None, plain)]
    found = list(encrypting.judged(changes, Fleet({"kvm1": Host("kvm1")}, {}), index, ask))
    said = found[0].problem
    assert (said.code if said else "") == ("E495" if why else "")
    assert why in (said.message if said else "")
    assert found[1].problem is None
