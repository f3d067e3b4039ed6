"""The official Python client over HTTP/2, by prior knowledge: the same questions, three at a time on one connection."""
import asyncio
import sys

import httpx
import openai

BASE = sys.argv[1]
QUESTION = "Who is our first customer? prompt.canary@example.com"


async def main():
    http = httpx.AsyncClient(http2=True, http1=False)
    o = openai.AsyncOpenAI(base_url=BASE + "/v1", api_key="sk-canary", http_client=http, max_retries=0)

    def chat(scenario, **more):
        messages = [{"role": "user", "content": f"{QUESTION} scenario-{scenario}"}]
        return o.chat.completions.create(model="gpt-4o-mini", messages=messages, **more)

    async def drain(call):
        async for _ in await call:
            pass

    await chat("plain")
    await asyncio.gather(
        drain(chat("plain", stream=True)),
        drain(chat("tools", stream=True)),
        chat("tools"),
    )
    await o.responses.create(model="gpt-5-mini", input=f"{QUESTION} scenario-plain")
    await http.aclose()


asyncio.run(main())
