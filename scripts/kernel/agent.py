"""A streamed question, a file that is read, and a tool that is called over pipes."""

import json
import ssl
import subprocess
import sys
import urllib.request

question = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "And who is it now?"}]}).encode()
context = ssl.create_default_context(cafile="certificate")
with urllib.request.urlopen(urllib.request.Request("https://localhost:8443/v1/chat/completions", question), context=context) as answer:
    answer.read()
with open("notes", "rb") as notes:
    notes.read()

SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {"content": [{"type": "text", "text": "sunny"}]}}), flush=True)
"""
tool = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "weather", "arguments": {"city": "Oslo"}}}
print(json.dumps(call), file=tool.stdin, flush=True)
tool.stdout.readline()
tool.stdin.close()
tool.wait()
