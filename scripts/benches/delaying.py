"""Sockets before others, through which everything comes so much later: a process of its own, to disturb nothing.

Called as `delaying.py SECONDS FRONT BACK [FRONT BACK]…`; ends with its standard input.
"""

from __future__ import annotations

import asyncio
import sys


async def main(seconds: float, pairs: list[tuple[str, str]]) -> None:
    """Serve until the standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 20):
            loop.call_later(seconds, writer.write, data)
        loop.call_later(seconds, writer.close)

    for front, back in pairs:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: str = back) -> None:
            there, away = await asyncio.open_unix_connection(back, limit=1 << 20)
            await asyncio.gather(pump(reader, away), pump(there, writer))

        await asyncio.start_unix_server(serve, front, limit=1 << 20)
    print("ready", flush=True)
    await ended.wait()


if __name__ == "__main__":
    names = sys.argv[2:]
    asyncio.run(main(float(sys.argv[1]), list(zip(names[::2], names[1::2], strict=True))))
