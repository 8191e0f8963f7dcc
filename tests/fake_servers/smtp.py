"""A fake mail server: takes every message and notes it. `python -m tests.fake_servers.smtp`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import TextIO

from tests.fake_servers.http_server import outlive_nobody

ANSWERS = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


def note(journal: TextIO, head: list[bytes], content: bytes) -> None:
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain", "html"))
    line = {
        "event": "mail",
        "envelope": [one.decode() for one in head],
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "body": body.get_content() if body else "",
    }
    journal.write(json.dumps(line) + "\n")
    journal.flush()


async def converse(
    journal: TextIO, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(b"220 fake\r\n")
    head: list[bytes] = []
    while line := await reader.readline():
        word = line.strip()[:4].upper()
        if word in (b"MAIL", b"RCPT"):
            head.append(line.strip())
        writer.write(ANSWERS.get(word, b"250 fine\r\n"))
        if word == b"DATA":
            await writer.drain()
            content = b""
            while (piece := await reader.readline()) not in (b".\r\n", b""):
                content += piece
            note(journal, head, content)
            writer.write(b"250 taken\r\n")
            head = []
        await writer.drain()
        if word == b"QUIT":
            break
    writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--with-parent", action="store_true", help="end when the parent does")
    options = parser.parse_args()
    with options.journal.open("a") as journal:
        server = await asyncio.start_server(
            lambda reader, writer: converse(journal, reader, writer), "127.0.0.1", options.port
        )
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await (outlive_nobody() if options.with_parent else server.serve_forever())


if __name__ == "__main__":
    asyncio.run(main())
