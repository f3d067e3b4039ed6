"""Google's client of Gemini over gRPC, which is C++ with a BoringSSL of its own: grpc_agent.py HOST:PORT plain|tls FILE.

Prints a line when it is ready, and asks when its input ends, with the text of FILE in it: for a whole answer, for a streamed one, and for one that it does not get."""
import os
import pathlib
import sys

import grpc
from google.ai import generativelanguage_v1beta as gemini
from google.ai.generativelanguage_v1beta.services.generative_service.transports import GenerativeServiceGrpcTransport
from google.api_core.exceptions import ResourceExhausted

ADDRESS, TRANSPORT, FILE = sys.argv[1:]
MODEL = "models/gemini-2.5-flash"


def asks(text):
    return {"model": MODEL, "contents": [{"role": "user", "parts": [{"text": text}]}]}


def main():
    print("ready", flush=True)
    sys.stdin.read()
    if TRANSPORT == "plain":
        channel = grpc.insecure_channel(ADDRESS)
    else:
        trusted = pathlib.Path(os.environ["SSL_CERT_FILE"]).read_bytes()
        channel = grpc.secure_channel(ADDRESS, grpc.ssl_channel_credentials(trusted))
    client = gemini.GenerativeServiceClient(transport=GenerativeServiceGrpcTransport(channel=channel))
    document = pathlib.Path(FILE).read_text()
    print(client.generate_content(asks("Who is first? " + document)).candidates[0].content.parts[0].text)
    print("".join(each.candidates[0].content.parts[0].text for each in client.stream_generate_content(asks("Mail canary@example.org"))))
    try:
        client.generate_content(asks("overload"), retry=None)
    except ResourceExhausted as refused:
        print(refused.message)


main()
