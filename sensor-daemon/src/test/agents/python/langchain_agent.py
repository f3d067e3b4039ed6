"""An agent of langchain with tools of its own: langchain_agent.py BASE PROVIDER MODE FILE."""
import asyncio
import sys

from langchain.agents import create_agent
from langchain.tools import tool
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI

import tools

BASE, PROVIDER, MODE, FILE = sys.argv[1:]
QUESTION = "Who is our first customer? prompt.canary@example.com"


@tool
def read_file(path: str) -> str:
    """Reads a file"""
    return tools.read_file(path=path)


@tool
def list_directory(path: str) -> str:
    """Lists a directory"""
    return tools.list_directory(path=path)


def model():
    if PROVIDER == "anthropic":
        return ChatAnthropic(model="claude-sonnet-4-5", base_url=BASE, api_key="sk-ant-canary", max_retries=0)
    return ChatOpenAI(
        model="gpt-4o-mini", base_url=BASE + "/v1", api_key="sk-canary", max_retries=0, use_responses_api=PROVIDER == "responses")


async def main():
    agent = create_agent(model(), [read_file, list_directory], system_prompt="You help.")
    ask = {"messages": [{"role": "user", "content": f"{QUESTION} scenario-loop reading {FILE}"}]}
    match MODE:
        case "invoke":
            agent.invoke(ask)
        case "stream":
            for _ in agent.stream(ask, stream_mode="messages"):
                pass
        case "ainvoke":
            await agent.ainvoke(ask)
        case "astream":
            async for _ in agent.astream(ask, stream_mode="messages"):
                pass
        case "batch":
            model().batch([f"{QUESTION} {n} scenario-plain" for n in range(6)])
        case "abatch":
            await model().abatch([f"{QUESTION} {n} scenario-plain" for n in range(6)])


asyncio.run(main())
