"""Makes the official Python clients ask: ask.py BASE."""
import sys

import anthropic
import openai

BASE = sys.argv[1]
QUESTION = "Who is our first customer? prompt.canary@example.com"


def messages(scenario):
    return [{"role": "user", "content": f"{QUESTION} scenario-{scenario}"}]


o = openai.OpenAI(base_url=BASE + "/v1", api_key="sk-canary", max_retries=0)
a = anthropic.Anthropic(base_url=BASE, api_key="sk-ant-canary", max_retries=0)
for scenario in ("plain", "tools"):
    o.chat.completions.create(model="gpt-4o-mini", messages=messages(scenario))
    for _ in o.chat.completions.create(model="gpt-4o-mini", messages=messages(scenario), stream=True):
        pass
    a.messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=messages(scenario))
    with a.messages.stream(model="claude-sonnet-4-5", max_tokens=100, messages=messages(scenario)) as stream:
        for _ in stream:
            pass
