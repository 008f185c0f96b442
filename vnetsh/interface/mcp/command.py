"""The command `mcp`: a server on standard input and output, until whoever started it hangs up."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import vnetsh
from vnetsh.errors import UsageError
from vnetsh.interface.face import Face
from vnetsh.interface.mcp.tools import Failed, Tools
from vnetsh.interface.options import Options
from vnetsh.model.change import Impact

if TYPE_CHECKING:
    from mcp.server import MCPServer

_ABOUT = """vnetsh manages the networks and vms of KVM hosts. Look with `show`, `why`, `doctor`, `graph` and `export`.
To change something, `plan` a script, show the plan's text to the person you work for, and `apply` its hash; `plan_undo`
and `apply` take a run back. {limit}"""


def serve(face: Face, options: Options) -> int:
    """Serve until the other side hangs up; the exit code. Raises `UsageError`."""
    if options.arguments.names:
        raise UsageError(
            "`mcp` takes no words", help="what may be changed says `--max-impact`: without it, nothing"
        )
    tools = Tools(face.session, options.max_impact)
    found = server(tools)
    face.line.clear()

    def end(number: int, frame: object) -> None:
        if not tools.ends_later():
            face.session.close()
            os._exit(0)  # a thread of the library waits for the next line, and for that one would wait

    before = signal.signal(signal.SIGTERM, end)  # which clients send soon after they have hung up
    try:
        found.run("stdio")
    except* BrokenPipeError:
        pass  # it has hung up
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def server(tools: Tools) -> MCPServer[Any]:
    """A server of the tools; those that change something are there only where something may be. Raises `UsageError`."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp_types import ToolAnnotations
    except ImportError as error:
        raise UsageError(f"`mcp` needs its library: {error}", help="pip install 'vnetsh[mcp]'") from error

    def telling(tool: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(tool)
        def called(*arguments: Any, **named: Any) -> Any:
            try:
                return tool(*arguments, **named)
            except Failed as error:
                raise ToolError(str(error)) from error

        return called

    most = tools.most
    limit = "Nothing may be changed here." if most is None else f"What costs more than `{most}` is refused."
    found: MCPServer[Any] = MCPServer(
        "vnetsh", instructions=_ABOUT.format(limit=limit), version=vnetsh.__version__, log_level="ERROR"
    )
    looks = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    makes = ToolAnnotations(
        read_only_hint=False, destructive_hint=most is Impact.DESTROY, open_world_hint=False
    )
    for tool in (tools.show, tools.why, tools.doctor, tools.export, tools.graph, tools.plan, tools.plan_undo):
        found.add_tool(telling(tool), annotations=looks)
    if most is not None:
        found.add_tool(telling(tools.apply), annotations=makes)
    return found
