#!/bin/sh
# An agent: questions over TLS by two clients, one that is denied, a file, one that is denied, a tool over a pipe.
set -eu
question() { printf '{"model":"m","messages":[{"role":"user","content":"%s"}]}' "$1"; }
curl -sk -o answer -d "$(question 'Who is there, over TLS?')" https://localhost:8443/v1/chat/completions
python3 /opt/kernel/agent.py
code=0
curl -sk -d "$(question 'Who is ann@example.org?')" https://localhost:8443/v1/chat/completions || code=$?
[ $code = 56 ] || { echo "what is denied was answered: $code"; exit 1; }
! cat secret/key >copy || { echo "what is denied was read"; exit 1; }
[ ! -s copy ]
