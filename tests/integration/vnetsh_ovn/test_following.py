"""Who has followed: by scratch databases, with somebody in northd's place who is slow of hearing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vnetsh.hosts.reach import transport_to
from vnetsh.model import Host
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_ovn.verifying import verify
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.remote import Remote
from vnetsh_ovsdb.streams import Server

_SCHEMAS = Path("/usr/share/ovn")


def client(ovs: ScratchOvs) -> Client:
    host = Host("h1", attributes={"local": True})
    return Client(Server(host, Remote("unix", ovs.socket), transport_to(host)), 10)


@contextmanager
def hears_from(number: int, north: ScratchOvs, south: ScratchOvs) -> Iterator[None]:
    """What northd and a chassis write; the chassis sleeps until it is told of that number."""
    over = threading.Event()

    def follow() -> None:
        asked = {"op": "select", "table": "NB_Global", "where": [], "columns": ["nb_cfg"]}
        while not over.is_set():
            told = north.transact(asked)[0]["rows"][0]["nb_cfg"]  # type: ignore[index]
            heard = {"hv_cfg": told} if told >= number else {}
            update = {"op": "update", "where": []}
            north.transact({**update, "table": "NB_Global", "row": {"sb_cfg": told, **heard}})
            if heard:
                south.transact({**update, "table": "Chassis_Private", "row": {"nb_cfg": told}})
            time.sleep(0.05)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("late", [frozenset[str](), frozenset({"another"})])
def test_a_chassis_that_slept_over_it_is_told_once_more(late: frozenset[str]) -> None:
    north_schema, south_schema = (_SCHEMAS / f"ovn-{which}b.ovsschema" for which in "ns")
    with scratch_ovs(schema=north_schema) as north, scratch_ovs(schema=south_schema) as south:
        north.transact({"op": "insert", "table": "NB_Global", "row": {"nb_cfg": 7}})
        south.transact({"op": "insert", "table": "Chassis_Private", "row": {"name": "c1", "nb_cfg": 6}})
        clients = client(north), client(south)
        with hears_from(8, north, south):
            assert verify("c", *clients, 7, late, 9) in ((), []), "nobody is late"
        for one in clients:
            one.close()
