"""Gemini's gRPC service with the official stubs, scripted: grpc_server.py FOLDER, over TLS with FOLDER/key.pem and certificate.pem, or
grpc_server.py plain. Prints its port when it listens."""
import pathlib
import sys
from concurrent import futures

import grpc
from google.ai.generativelanguage_v1beta.types import Candidate, Content, GenerateContentRequest, GenerateContentResponse, Part

SERVICE = "google.ai.generativelanguage.v1beta.GenerativeService"
WORDS = ["The first customer", " is Canary Answer", ", reachable at answer.canary@example.org"]


def answer(text):
    return GenerateContentResponse(
        model_version="gemini-2.5-flash-001", candidates=[Candidate(content=Content(role="model", parts=[Part(text=text)]))])


def whole(request, context):
    if "overload" in request.contents[0].parts[0].text:
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy")
    return answer("".join(WORDS))


def pieces(request, context):
    yield from map(answer, WORDS)


def method(kind, behaviour):
    return kind(
        behaviour, request_deserializer=GenerateContentRequest.deserialize, response_serializer=GenerateContentResponse.serialize)


server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
    "GenerateContent": method(grpc.unary_unary_rpc_method_handler, whole),
    "StreamGenerateContent": method(grpc.unary_stream_rpc_method_handler, pieces),
}),))
if sys.argv[1] == "plain":
    port = server.add_insecure_port("127.0.0.1:0")
else:
    key, certificate = ((pathlib.Path(sys.argv[1]) / name).read_bytes() for name in ("key.pem", "certificate.pem"))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
server.start()
print(port, flush=True)
server.wait_for_termination()
