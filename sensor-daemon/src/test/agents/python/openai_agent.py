"""An agent of openai-agents with the tools of an MCP server: openai_agent.py BASE API MODE TOOLS FILE; TOOLS is stdio or an address.

Prints the tools' definitions, JSON Lines."""
import asyncio
import json
import os
import pathlib
import sys

from agents import Agent, Runner, set_default_openai_api, set_tracing_disabled
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp

BASE, API, MODE, TOOLS, FILE = sys.argv[1:]
QUESTION = "Who is our first customer? prompt.canary@example.com"
SERVER = str(pathlib.Path(__file__).with_name("tool_server.py"))


async def main():
    os.environ["OPENAI_BASE_URL"] = BASE + "/v1"
    os.environ["OPENAI_API_KEY"] = "sk-canary"
    set_tracing_disabled(True)
    set_default_openai_api(API)
    if TOOLS == "stdio":
        server = MCPServerStdio({"command": sys.executable, "args": [SERVER, "stdio"]})
    else:
        server = MCPServerStreamableHttp({"url": TOOLS})
    async with server:
        for tool in await server.list_tools():
            print(json.dumps({"defined": tool.model_dump(by_alias=True, exclude_none=True, mode="json")}))
        agent = Agent(name="helper", instructions="You help.", model="gpt-5-mini", mcp_servers=[server])
        ask = f"{QUESTION} scenario-loop reading {FILE}"
        if MODE == "run":
            await Runner.run(agent, ask)
        else:
            async for _ in Runner.run_streamed(agent, ask).stream_events():
                pass


asyncio.run(main())
