"""The framing of JSON, and the client at a peer that does odd but lawful things."""

import json
import socket
import threading

import pytest

from vnetsh.errors import BackendRefused
from vnetsh.model import Place
from vnetsh_ovsdb.client import Client, LostReply, NoAnswer
from vnetsh_ovsdb.framing import Framer
from vnetsh_ovsdb.remote import Remote
from vnetsh_ovsdb.streams import Server, SocketStream

AWKWARD = [
    {"id": 1, "result": [{"rows": []}], "error": None},
    {"a": "{", "b": "}}", "c": '"{', "d": "\\", "e": '\\"}', "f": "\\\\"},
    {"a": "}{", "b": "{} {}", "c": '}{"}{'},
    {"é": "↔ {", "\U0001f600": ["\n", "\u2028"]},
    {"deep": {"er": {"and": {"deeper": [{}, {}, {"x": "\\}"}]}}}},
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_messages_are_cut_right_wherever_the_stream_is_split(size, ascii_only):
    text = "".join(
        json.dumps(message, ensure_ascii=ascii_only) + " " * (n % 2) for n, message in enumerate(AWKWARD)
    )
    data = text.encode()
    framer, found = Framer(), []
    for start in range(0, len(data), size):
        found += framer.feed(data[start : start + size])
    assert found == AWKWARD


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="unexpected character"):
        Framer().feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture
def peer():
    """A client and the other end of its connection."""
    near, far = socket.socketpair()
    server = Server(Place("kvm1"), Remote("unix"))
    client = Client(server, 0.5, lambda server, timeout: SocketStream(near))
    yield client, far
    client.close()
    far.close()


def answering(far, *answers):
    def answer():
        framer, seen = Framer(), []
        while not seen:
            seen += framer.feed(far.recv(1 << 20))
        for answer in answers:
            far.sendall(json.dumps(answer).encode())

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_an_answer_is_found_among_probes_and_updates(peer):
    client, far = peer
    thread = answering(
        far,
        {"id": "echo", "method": "echo", "params": ["who"]},
        {"id": None, "method": "update2", "params": ["vnetsh", {}]},
        {"id": 77, "result": "somebody else's", "error": None},
        {"id": 1, "result": ["mine"], "error": None},
    )
    assert client.call("transact", ["db"]) == ["mine"]
    thread.join()
    assert json.loads(far.recv(4096)) == {"id": "echo", "result": ["who"], "error": None}


def test_a_refusal_carries_the_servers_words(peer):
    client, far = peer
    thread = answering(
        far, {"id": 1, "result": None, "error": {"error": "unknown database", "details": "no such"}}
    )
    with pytest.raises(BackendRefused, match="kvm1: get_schema: unknown database: no such"):
        client.call("get_schema", ["db"])
    thread.join()


def test_half_an_answer_is_a_lost_reply(peer):
    client, far = peer

    def hang_up():
        far.recv(4096)
        far.sendall(b'{"id":1,"result":[')
        far.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=hang_up)
    thread.start()
    with pytest.raises(LostReply, match="the server closed the connection"):
        client.call("transact", ["db"])
    thread.join()


def test_half_an_answer_and_then_silence_is_no_answer(peer):
    client, far = peer
    far.sendall(b'{"id":1,"result":[')
    with pytest.raises(NoAnswer, match="kvm1: ovsdb-server does not answer"):
        client.call("transact", ["db"])


def test_a_server_that_takes_nothing_in_is_given_up(peer):
    client, _ = peer
    with pytest.raises(NoAnswer):
        client.call("transact", ["x" * 10_000_000])


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 1000])
def test_requests_of_any_length_arrive_whole(peer, count):
    client, far = peer
    seen = []

    def answer():
        framer = Framer()
        while not seen:
            seen.extend(framer.feed(far.recv(1 << 20)))
        far.sendall(b'{"id":1,"result":{},"error":null}')

    thread = threading.Thread(target=answer)
    thread.start()
    params = [{"op": "insert", "n": n} for n in range(count)]
    client.call("transact", params)
    thread.join()
    assert seen == [{"id": 1, "method": "transact", "params": params}]
