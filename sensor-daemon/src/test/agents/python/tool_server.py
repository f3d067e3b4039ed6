"""An MCP server with the official SDK: tool_server.py stdio, or tool_server.py FOLDER, over HTTPS with FOLDER/key.pem and certificate.pem.

Over HTTPS it prints its port when it listens."""
import asyncio
import socket
import sys
from typing import Annotated

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel

import tools

server = MCPServer("files", version="1.4.2")


@server.tool()
def read_file(path: str) -> str:
    """Reads a file"""
    return tools.read_file(path=path)


@server.tool()
def list_directory(path: str) -> str:
    """Lists a directory"""
    return tools.list_directory(path=path)


class Person(BaseModel):
    name: str


def person() -> Elicit[Person]:
    return Elicit("Your name? elicited.canary@example.org", Person)


@server.tool()
def ask(who: Annotated[Person, Resolve(person)]) -> str:
    """Asks the person"""
    return f"asked {who.name}, and this line is long enough for its hash to be one that anyone can check"


@server.resource("notes://all")
def notes() -> str:
    return "resource.canary@example.net wrote all of this down, and it is long enough to be hashed."


@server.prompt()
def greet(who: str) -> str:
    return f"Greet {who}"


async def serve(folder):
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        server.streamable_http_app(), log_level="error", ssl_keyfile=f"{folder}/key.pem", ssl_certfile=f"{folder}/certificate.pem")
    await uvicorn.Server(config).serve(sockets=[listening])


if sys.argv[1] == "stdio":
    server.run()
else:
    asyncio.run(serve(sys.argv[1]))
