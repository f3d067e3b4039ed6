"""The official MCP client: mcp_agent.py PROTOCOL TOOLS FILE; PROTOCOL is auto or legacy, TOOLS is stdio or an address.

Prints what it was told, JSON Lines: the definition of each tool, then each call with the text that came back."""
import asyncio
import json
import os
import pathlib
import sys

from mcp import Client, StdioServerParameters
from mcp_types import ElicitResult

PROTOCOL, TOOLS, FILE = sys.argv[1:]
SERVER = str(pathlib.Path(__file__).with_name("tool_server.py"))


def told(**line):
    print(json.dumps(line), flush=True)


async def answer(_, params):
    given = {"name": "Canary Person"}
    asked = params.model_dump(by_alias=True, exclude_none=True, mode="json")
    told(called="elicitation/create", arguments=asked, text=json.dumps(given, separators=(",", ":")), error=False)
    return ElicitResult(action="accept", content=given)


async def main():
    server = TOOLS
    if TOOLS == "stdio":
        server = StdioServerParameters(command=sys.executable, args=[SERVER, "stdio"])
    async with Client(server, mode=PROTOCOL, elicitation_callback=answer) as client:
        async def call(tool, **arguments):
            result = await client.call_tool(tool, arguments)
            told(called=tool, arguments=arguments, text="".join(part.text for part in result.content), error=result.is_error)

        for tool in (await client.list_tools()).tools:
            told(defined=tool.model_dump(by_alias=True, exclude_none=True, mode="json"))
        await call("read_file", path=FILE)
        await call("read_file", path=FILE + ".none")
        await call("no_such_tool")
        await call("ask")
        await asyncio.gather(*(call("list_directory", path=os.path.dirname(FILE)) for _ in range(3)))
        resource = await client.read_resource("notes://all")
        told(read="notes://all", text=resource.contents[0].text)
        prompt = await client.get_prompt("greet", {"who": "Canary"})
        told(called="prompts/get:greet", arguments={"who": "Canary"}, text=prompt.messages[0].content.text, error=False)


asyncio.run(main())
