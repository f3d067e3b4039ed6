"""A model's endpoint over TLS, on port 8443; the file `ready` is there when it is."""

import http.server
import json
import ssl


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "@" in asked["messages"][0]["content"]:
            self.rfile.read(1)  # no answer: the sensor resets the connection
            return
        self.send_response(200)
        if asked.get("stream"):
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for piece in ("it is ", "me"):
                self.event({"model": "m-streamed", "choices": [{"index": 0, "delta": {"content": piece}}]})
            self.event({"model": "m-streamed", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3}})
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True
        else:
            message = {"role": "assistant", "content": "me"}
            body = json.dumps({"model": "m-plain", "choices": [{"index": 0, "message": message}], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def event(self, data):
        self.wfile.write(b"data: " + json.dumps(data).encode() + b"\n\n")

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 8443), Model)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate", "key")
server.socket = context.wrap_socket(server.socket, server_side=True)
open("ready", "w").close()
server.serve_forever()
