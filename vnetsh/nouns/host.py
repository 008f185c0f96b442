"""The noun `host`: how a KVM host is reached."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.model import Host
from vnetsh.nouns.mtu import MTU
from vnetsh.nouns.places import KEPT
from vnetsh.schema import (
    FLAG,
    Address,
    Attribute,
    Choice,
    Integer,
    Kind,
    Scope,
    Size,
    Text,
)
from vnetsh.schema.lent import Resolving
from vnetsh.schema.phrase import Phrase

MIGRATIONS = 2
"""Vms that leave a host, or come to one, at the same time: more share its link, and each takes the longer."""

OVER = Choice(what="a way", choices=("tcp", "tls", "ssh"))
"""How the data of a migration goes."""


def _make_host(declaration: Phrase, resolver: Resolving) -> Host:
    """The host as its sentence says, over what was known of it before."""
    known = resolver.hosts.get(declaration.name) or Host(declaration.name)
    attributes = {name: said.value for name, said in declaration.attributes.items()}
    address = str(attributes.pop("address", None) or known.address)
    return replace(
        known,
        address=address,
        attributes={**known.attributes, **attributes},
        span=declaration.span,
        words=declaration.words,
    )


SEEN = (
    Attribute("reachable", Text(), "Whether it answers, `yes` or `no`.", settable=False),
    Attribute("vms", Integer(), "How many vms it has.", settable=False),
    Attribute("memory", Size(), "Its memory.", settable=False),
    Attribute("free-memory", Size(), "What is free of it, caches included.", settable=False),
    Attribute("free-disk", Size(), "What is free where its images are.", settable=False),
    Attribute("kernel", Text(), "The version of its kernel.", settable=False),
    Attribute("up-since", Text(), "When it was started.", settable=False),
)
"""What a host tells of itself when it is shown; no plan asks for it."""

HOST_KIND = Kind(
    "host",
    help="A KVM host: how it is reached. Belongs into the hosts file; touches nothing by itself.",
    attributes=(
        Attribute(
            "address",
            Address(),
            "Its underlay address: where tunnels end and ssh goes.",
            otherwise="none: no tunnel can end there",
        ),
        *SEEN,
        Attribute(
            "tunnel-address",
            Address(),
            "Its address at which tunnels end, and from which they send: any that it has, such as a bridge's.",
            otherwise="`address`, and what it sends comes as its routes have it",
        ),
        Attribute(
            "certificate-name",
            Text(what="a name"),
            "The name (CN) in the certificate by which it proves itself where tunnels are `encrypted`.",
            otherwise="the host's own",
            column=False,
        ),
        Attribute(
            "ssh",
            Text(what="an ssh destination"),
            "ssh destination, as in `ssh NAME`.",
            otherwise="the address, else the name",
            column=False,
        ),
        Attribute(
            "ssh-config",
            Text(what="a file"),
            "The ssh config file to use.",
            otherwise="the user's own",
            column=False,
        ),
        Attribute(
            "mtu",
            MTU,
            "The MTU of its underlay link, which tunnels are checked against.",
            otherwise="what the link with its address has, else 1500",
        ),
        Attribute("local", FLAG, "The host is this machine: no ssh."),
        Attribute(
            "sudo", FLAG, "Go by `sudo -n` there: the login is an ordinary user's.", excludes=("local",)
        ),
        Attribute(
            "migrations",
            Integer(what="a number of migrations", least=1, most=64),
            "How many vms may leave it at the same time, and how many may come.",
            default=MIGRATIONS,
            clearable=False,
            column=False,
        ),
        Attribute(
            "migration-address",
            Address(),
            "Its address in a network of their own for vms that come to it, with their disks.",
            otherwise="as its libvirt is set up: mostly what its host name means",
            column=False,
        ),
        Attribute(
            "migration-over",
            OVER,
            "How the data of vms goes that come to it, or leave it to a host that says nothing.",
            otherwise="`tcp`, where `migrate` does not say",
            column=False,
        ),
        *KEPT,
        Attribute("error", Text(), "Why it does not answer, or not all of it.", settable=False),
    ),
    scope=Scope.INVENTORY,
    place=_make_host,
    example="host kvm1 address 192.0.2.11",
)
