"""Parsing and completion."""

from __future__ import annotations

import tracemalloc
from functools import partial
from importlib import resources

from contest import compare, timed

from vnetsh.diagnostics import Source
from vnetsh.language import parsing
from vnetsh.language.completion import candidates
from vnetsh.registry import load_plugins
from vnetsh.session import Session


def script_of(lines: int) -> str:
    """A script as a big fleet has it: bridges, tunnels and vms in turn."""
    found = ["# a big fleet"]
    for n in range(lines - 1):
        host, other = f"kvm{n % 3 + 1}", f"kvm{(n + 1) % 3 + 1}"
        found.append(
            (
                f"bridge br{n} on {host}, {other}  # number {n}",
                f"vm web{n} on {host} memory 512M disk web.qcow2 port br{n - 1} name w{n}a port br{n - 1} vlan 7",
                f"vm db{n} on {host} memory 1G port br{n - 2}",
                f"tunnel t{n} {host}<->{other} on br{n - 3} type vxlan key {n}",
            )[n % 4]
        )
    return "\n".join(found) + "\n"


def parse(lines: int = 10_000) -> None:
    """Text in, checked script out, against Lark's own parse of the same text with places."""
    from lark import Lark

    text = script_of(lines)
    rules = resources.files("vnetsh.grammar").joinpath("vnet.lark").read_text()
    whole = rules.replace("start: sentence", "start: (sentence? NEWLINE)*")
    whole += "\nNEWLINE: /\\n/\n%ignore /[ \\t]+/\n%ignore /#[^\\n]*/\n"
    floor = Lark(whole, parser="lalr", lexer="contextual", propagate_positions=True)
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        source = Source("bench.vnet", text)
        compare(
            f"{lines} lines; goal: × 1.5",
            {
                "Lark's LALR parse with places (the floor)": lambda: timed(lambda: floor.parse(text)),
                "vnetsh: scan and parse": lambda: timed(lambda: parsing.parse(Source("bench.vnet", text))),
                "vnetsh: scan, parse, expand, bind, resolve, check": lambda: timed(
                    lambda: session.check(source)
                ),
            },
            rounds=7,
        )
        tracemalloc.start()
        session.check(source)
        print(f"  memory of a check, at most {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB")
        tracemalloc.stop()


def completion(objects: int = 10_000) -> None:
    """What fits at the cursor, on a fleet of so many objects; goal: 5 ms."""
    vocabulary = load_plugins().vocabulary
    kinds = ("bridge", "vm", "port", "tunnel")
    names = {kind: [f"{kind}{n}" for n in range(objects // len(kinds))] for kind in kinds} | {
        "host": ["kvm1", "kvm2"]
    }
    slots = {
        "a keyword": "vm web1 on kvm1 me",
        "a vm": "migrate vm12",
        "any bridge": "vm web1 on kvm1 port ",
        "in a block": "for i in 1..9 {\n    vm web$i on kvm1 {\n        port br",
    }
    contestants = {}
    for title, text in slots.items():
        list(candidates(text, vocabulary, names))
        contestants[title] = partial(
            timed, partial(lambda text: list(candidates(text, vocabulary, names)), text)
        )
    compare(f"completion on {objects} objects; goal: 5 ms each", contestants, rounds=21)
