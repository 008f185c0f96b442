"""`vnetsh mcp`: what its tools do, and what nothing makes them do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Run
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_calls import soak_mcp_calls

from vnetsh.diagnostics import Source
from vnetsh.interface.mcp.command import server
from vnetsh.interface.mcp.tools import Failed, Tools
from vnetsh.model.change import Impact
from vnetsh.session import Session


def test_hostile_calls() -> None:
    soak_mcp_calls(25).check()


def test_without_a_limit_nothing_can_be_applied(demo: Session) -> None:
    async def names() -> set[str]:
        async with Client(server(Tools(demo, None))) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert "apply" not in anyio.run(names)
    tools = Tools(demo, None)
    told: Any = tools.plan("bridge x on kvm1")
    assert (told["allowed"], told["limit"]) == (False, "nothing may be changed")
    with pytest.raises(Failed, match="--max-impact"):
        tools.apply(told["hash"])


def test_it_looks(demo: Session) -> None:
    demo.apply(
        demo.prepare(Source("<test>", "vm web1 on kvm1 port vswitch01; vm web2 on kvm2 port vswitch01"))
    )
    tools = Tools(demo, None)
    assert [vm["name"] for vm in json.loads(tools.show("vms"))] == ["web1", "web2"]
    assert [vm["name"] for vm in json.loads(tools.show("vms web1 on kvm1"))] == ["web1"]
    assert tools.why("web1 -> web2").endswith("arrives")
    assert "no errors" in tools.doctor("kvm1")
    assert "vm web1 on kvm1" in tools.export()
    assert tools.graph().startswith("flowchart")


@pytest.mark.parametrize(
    "what",
    ["vms; stop web1", "vms\nstop web1", "vms { }", "vms # x", "vms $x", "", "nosuch", "watch vms", "vms \\"],
)
def test_what_is_asked_is_one_sentence(what: str, demo: Session) -> None:
    with pytest.raises(Failed):
        Tools(demo, Impact.DESTROY).show(what)


@pytest.mark.parametrize(
    "script", ["include /etc/passwd", "host x address 10.0.0.1", "show vms", "screenshot web1", "nosuch"]
)
def test_a_script_reads_nothing_here(script: str, demo: Session) -> None:
    with pytest.raises(Failed, match=r"error\[E\d+\]"):
        Tools(demo, Impact.DESTROY).plan(script)


def test_it_is_made_once_within_the_limit_and_taken_back(demo: Session) -> None:
    tools = Tools(demo, Impact.LIVE)
    told: Any = tools.plan("bridge x on kvm1")
    assert tools.apply(told["hash"])["ok"]
    with pytest.raises(Failed, match="E621"):
        tools.apply(told["hash"])
    back: Any = tools.plan_undo()
    assert tools.apply(back["hash"])["ok"]
    assert not demo.observe().get("bridge", "kvm1", "x")
    demo.apply(demo.prepare(Source("<test>", "vm web1 on kvm1")))
    dear: Any = tools.plan("delete vm web1")
    assert not dear["allowed"]
    with pytest.raises(Failed, match="E622"):
        tools.apply(dear["hash"])


def test_over_its_own_pipes(tmp_path: Path) -> None:
    """A whole conversation, as a client has it with the command."""
    command = str(Path(sys.executable).with_name("vnetsh"))
    arguments = StdioServerParameters(
        command=command, args=["--demo", "mcp", "--max-impact", "live"], cwd=tmp_path
    )

    async def talk() -> Any:
        async with Client(stdio_client(arguments)) as client:
            planned = await client.call_tool("plan", {"script": "bridge x on kvm1"})
            hash = json.loads(planned.content[0].text)["hash"]
            return await client.call_tool("apply", {"hash": hash, "max_impact": "destroy"})

    made = anyio.run(talk)
    assert json.loads(made.content[0].text)["ok"]


@pytest.mark.parametrize(
    "rubbish", [b"\x00\xff\xfe\n", b"{}\n[]\nnull\n", b'{"jsonrpc":"2.0","id":1,"method":"x"}\n', b""]
)
def test_rubbish_ends_in_order(rubbish: bytes, tmp_path: Path) -> None:
    command = str(Path(sys.executable).with_name("vnetsh"))
    done = subprocess.run(
        [command, "--demo", "mcp"], input=rubbish, capture_output=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert all(json.loads(line) for line in done.stdout.splitlines())


def test_it_takes_no_words(vnetsh: Run) -> None:
    assert vnetsh("--demo", "mcp", "x").returncode == 2


def test_told_to_end_it_ends(tmp_path: Path) -> None:
    command = str(Path(sys.executable).with_name("vnetsh"))
    with subprocess.Popen(
        [command, "--demo", "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdin
        assert process.stdout
        asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}
        }}  # fmt: skip
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "vnetsh"
        process.terminate()
        began = time.monotonic()
        process.wait(20)
        assert time.monotonic() - began < 15
