#!/usr/bin/env python3
"""Measures the operator on a real etcd, kube-apiserver and controller manager, with nodes and pods by kwok.

usage: measure.py CLUSTER_FOLDER WORK_FOLDER     as made by bench/suites/operator.sh

The operator is dist/bin/fourthlog-operator as a process of its own, with the JVM options of the image, the rights that the chart gives it and
no other. There are no sensors: this program takes their part at the Lease. It sees the DaemonSet's digest, reads the ConfigMap that it names,
writes the digest into the Lease of that sensor, and renews each every five seconds, as a sensor does. What a sensor needs to compile its
config is not in any figure. Requests are counted by the API server: its audit log has those of the operator's account.
Prints a table and writes WORK_FOLDER/figures.json.
"""

import collections
import concurrent.futures
import contextlib
import datetime
import glob
import http.client
import json
import os
import queue
import random
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPERATOR = os.path.join(ROOT, "dist", "bin", "fourthlog-operator")
SYSTEM = "fourthlog-system"
ACCOUNT = "fourthlog-operator"
NAMESPACES = int(os.environ.get("FOURTHLOG_BENCH_NAMESPACES", "1000"))
POLICIES = 5  # in each
NODES = max(1, NAMESPACES // 100)  # each namespace is confined to one of them, which is a hundred sensors a node
CHANGES = int(os.environ.get("FOURTHLOG_BENCH_CHANGES", "500"))
REFUSALS = 50
EDITS = 3
IDLE_SECONDS = int(os.environ.get("FOURTHLOG_BENCH_IDLE_SECONDS", "180"))
RENEW_SECONDS = 5
PATIENCE = 900
IDLE_CONNECTION_SECONDS = 30  # after which the server may close one
JVM = "-XX:-UsePerfData -XX:+ExitOnOutOfMemoryError -Xmx256m"  # as in images/build.py; the launcher has the rest
LEASE_SECONDS = 600  # instead of a sensor's 15, so that nothing else that this machine does makes a sensor silent
WRITERS = 8  # connections that stand for all the sensors' nodes when there is something new
RENEWERS = 2  # and for their renewals
DIGEST = "fourthlog.io/config-digest"
NAMESPACE_LABEL = "fourthlog.io/namespace"
GROUP = "/apis/fourthlog.io/v1alpha1"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM}/leases"
SENSORS = urllib.parse.urlencode({"labelSelector": f"{NAMESPACE_LABEL},app.kubernetes.io/component=sensor"})
NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"  # 1,000 configs have 20 MB, of which nobody here reads a byte
SIMULATED = "sensors are simulated at the Lease, nodes and pods by kwok"

# Kyverno 1.19.1 with as many policies on two cores of another machine; not measured in this run.
KYVERNO = "kyverno_1.19.1_elsewhere"

cluster, work = (os.path.abspath(folder) for folder in sys.argv[1:3])
audit = os.path.join(cluster, "log", "audit.json")
figures = []


def figure(name, value, unit, target, peer=None, **more):
    peers = {} if peer is None else {"peers": {KYVERNO: peer}}
    figures.append({"id": name, "value": round(value, 3), "unit": unit, "target": target, **peers, **more,
                    "namespaces": NAMESPACES, "policies": NAMESPACES * POLICIES, "simulated": SIMULATED, "command": "make bench ONLY=operator"})  # fmt: skip
    print(f"{name:<32} {value:>10.3f} {unit:<8} of {target:<6g} {' '.join(f'{key}={value}' for key, value in {**peers, **more}.items())}", flush=True)


def in_background(function, *arguments):
    def run():
        try:
            function(*arguments)
        except Exception as e:  # without it nothing that is waited for ever comes
            print(f"bench: {e!r}", file=sys.stderr, flush=True)
            os._exit(1)

    threading.Thread(target=run, daemon=True).start()


def say(text):
    print(f"bench: {text}", flush=True)


class Api:
    """The API server, as the administrator; a connection for each thread."""

    def __init__(self):
        with open(os.path.join(cluster, "admin.kubeconfig"), encoding="utf-8") as file:
            self.host, self.port = re.search(r'server: "https://([^:]+):(\d+)"', file.read()).groups()
        pki = os.path.join(cluster, "pki")
        self.tls = ssl.create_default_context(cafile=os.path.join(pki, "ca.crt"))
        self.tls.load_cert_chain(os.path.join(pki, "admin.crt"), os.path.join(pki, "admin.key"))
        self.local = threading.local()

    def connect(self):
        connection = http.client.HTTPSConnection(self.host, int(self.port), context=self.tls, timeout=PATIENCE)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def request(self, method, path, body=None, kind="application/json", absent=False, names=False):
        if time.monotonic() - getattr(self.local, "used", 0) > IDLE_CONNECTION_SECONDS:
            self.local.connection = self.connect()
        self.local.used = time.monotonic()
        headers = {"Content-Type": kind, **({"Accept": NAMES} if names else {})}
        self.local.connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.local.connection.getresponse()
        content = response.read()
        if response.status == http.client.NOT_FOUND and absent:
            return None
        if response.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {response.status} {content.decode()[:500]}")
        return json.loads(content)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def apply(self, path, body):
        return self.request("PATCH", path + "?fieldManager=kubectl&force=true", body, "application/apply-patch+yaml")

    def merge(self, path, body, **more):
        return self.request("PATCH", path, body, "application/merge-patch+json", **more)

    def follow(self, path, query, seen):
        """Lists and then watches for ever, in a thread: seen(type, object)."""

        def run():
            listed = self.get(f"{path}?{query}")
            for item in listed["items"]:
                seen("ADDED", item)
            version = listed["metadata"]["resourceVersion"]
            while True:
                connection = self.connect()
                connection.request("GET", f"{path}?{query}&watch=true&resourceVersion={version}&timeoutSeconds=3600")
                for line in connection.getresponse():
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise RuntimeError(f"watch of {path}: {event['object']}")
                    version = event["object"]["metadata"]["resourceVersion"]
                    seen(event["type"], event["object"])

        in_background(run)


api = Api()


def namespace(i):
    return f"team-{i:04}"


def node(i):
    return f"node-{i % NODES:02}"


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        for done in concurrent.futures.as_completed([pool.submit(function, item) for item in items]):
            done.result()


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"bench: gave up after {PATIENCE} s on: {what}")
        time.sleep(0.02)


class Sensors:
    """The sensors' part. `digests` is what each namespace's sensor acknowledges."""

    def __init__(self):
        self.digests = {}
        self.wanted = {}
        self.work = queue.SimpleQueue()
        self.renewals = 0
        self.renewing = threading.Event()
        self.renewing.set()
        for _ in range(WRITERS):
            in_background(self.acknowledge)
        for part in range(RENEWERS):
            in_background(self.renew, part)
        api.follow(f"/apis/apps/v1/namespaces/{SYSTEM}/daemonsets", SENSORS, self.told)

    def told(self, kind, daemon_set):
        name = daemon_set["metadata"]["labels"][NAMESPACE_LABEL]
        digest = daemon_set["metadata"]["annotations"][DIGEST]
        if kind != "DELETED" and self.wanted.get(name) != digest:
            self.wanted[name] = digest
            self.work.put((name, digest))

    def renew(self, part):
        due = time.monotonic()
        while True:
            names = list(self.digests)[part::RENEWERS]
            for name in names:
                self.renewing.wait()
                api.merge(f"{LEASES}/{self.lease(name)}", {"spec": self.spec(name)})
                self.renewals += 1
                due = max(due + RENEW_SECONDS / len(names), time.monotonic() - RENEW_SECONDS)
                time.sleep(max(0, due - time.monotonic()))
            if not names:
                time.sleep(0.1)

    def lease(self, name):
        return f"sensor-{name}-{node(int(name[-4:]))}"

    def spec(self, name):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"holderIdentity": self.lease(name), "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now}

    def acknowledge(self):
        while True:
            name, digest = self.work.get()
            config = f"sensor-config-{name}-{digest.removeprefix('sha256:')[:12]}"
            if api.get(f"/api/v1/namespaces/{SYSTEM}/configmaps/{config}", absent=True) is None or self.wanted[name] != digest:
                continue  # there is a newer one already
            metadata = {"name": self.lease(name), "annotations": {DIGEST: digest},
                        "labels": {NAMESPACE_LABEL: name, "app.kubernetes.io/component": "sensor"}}  # fmt: skip
            if name in self.digests:
                self.digests[name] = digest  # before the operator can answer to it
                api.merge(f"{LEASES}/{self.lease(name)}", {"metadata": metadata, "spec": self.spec(name)})
            else:
                api.request("POST", LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": self.spec(name)})
                self.digests[name] = digest  # only now can it be renewed


class Policies:
    """What the statuses of all policies say, as a watch tells it."""

    def __init__(self):
        self.statuses = {}
        self.changed = threading.Condition()
        api.follow(f"{GROUP}/agentauditpolicies", "", self.told)

    def told(self, kind, policy):
        key = policy["metadata"]["namespace"], policy["metadata"]["name"]
        status = policy.get("status", {})
        holds = {each["type"] for each in status.get("conditions", []) if each["status"] == "True"}
        with self.changed:
            if kind == "DELETED":
                self.statuses.pop(key, None)
            else:
                self.statuses[key] = (status.get("observedGeneration"), holds, status.get("configDigest"))
            self.changed.notify_all()

    def programmed(self):
        return sum("Programmed" in holds for _, holds, _ in list(self.statuses.values()))

    def wait(self, key, generation, condition):
        """Waits until a condition of this generation is true; the digest that the status names then."""

        def reached():
            observed, holds, _ = self.statuses.get(key, (0, set(), None))
            return observed == generation and condition in holds

        with self.changed:
            if not self.changed.wait_for(reached, PATIENCE):
                sys.exit(f"bench: {key} was not {condition} in {PATIENCE} s: {self.statuses.get(key)}")
            return self.statuses[key][2]


class Operator:
    """The operator's process."""

    def __init__(self, name):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = api.get(f"/api/v1/namespaces/{SYSTEM}/configmaps/fourthlog-operator")["data"]["operator.yaml"]
        path = os.path.join(work, "operator.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config.replace("metricsPort: 9464", f"metricsPort: {self.port}"))
        self.log = open(os.path.join(work, "operator.log"), "a", encoding="utf-8")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [OPERATOR, "--config", path], stdout=self.log, stderr=self.log,
            env={**os.environ, "KUBECONFIG": os.path.join(work, "operator.kubeconfig"), "POD_NAME": name,
                 "JAVA_OPTS": JVM + " " + os.environ.get("FOURTHLOG_BENCH_JAVA_OPTS", "")},
        )  # fmt: skip

    def alive(self):
        if self.process.poll() is not None:
            sys.exit(f"bench: the operator has ended with {self.process.returncode}: see {self.log.name}")
        return True

    def reconciled(self):
        """How many namespaces it has reconciled."""
        try:
            url = f"http://127.0.0.1:{self.port}/metrics?name[]=fourthlog_operator_reconciliations_total"
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                found = re.search(r'reconciliations_total\{kind="Namespace",result="success"\} (\S+)', answer.read().decode())
                return float(found[1]) if found else 0
        except (urllib.error.URLError, ConnectionError):
            self.alive()
            return 0

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s*(\d+)", file.read())[1]) / 1024

    def jcmd(self, *command):
        tool = os.path.join(os.path.dirname(os.environ["BENCH_JAVA"]), "jcmd")
        return subprocess.run([tool, str(self.process.pid), *command], check=True, text=True, stdout=subprocess.PIPE).stdout

    def heap(self):
        """What is reachable, in MiB."""
        self.jcmd("GC.run")
        return sum(int(used) for used in re.findall(r"total \d+K, used (\d+)K", self.jcmd("GC.heap_info"))) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


class Requests:
    """Those of the operator, from here on, by verb and kind; a watch counts when it begins."""

    def __init__(self):
        self.files = {path: os.path.getsize(path) for path in glob.glob(audit)}

    def counted(self):
        counts = collections.Counter()
        with open(audit, encoding="utf-8") as file:
            file.seek(self.files.get(audit, 0))
            for line in file:
                event = json.loads(line)
                if event["stage"] == ("ResponseStarted" if event["verb"] == "watch" else "ResponseComplete"):
                    about = event.get("objectRef", {})
                    counts[" ".join(filter(None, (event["verb"], about.get("resource"), about.get("subresource"))))] += 1
        return counts


def quiet():
    """Waits until the operator has asked for nothing for three seconds but its own Lease."""
    while True:
        requests = Requests()
        time.sleep(3)
        if all(what.endswith("leases") for what in requests.counted()):
            return


def library():
    """The policies of config/samples/library, of which each namespace has five."""
    files = [f"--filename={path}" for path in sorted(glob.glob(os.path.join(ROOT, "config", "samples", "library", "*.yaml"))) if not path.endswith(".test.yaml")]
    rendered = subprocess.run(["kubectl", "create", "--dry-run=client", "-o", "json", *files], check=True, text=True, stdout=subprocess.PIPE).stdout
    return [json.loads(document) for document in re.split(r"(?<=^}$)\n", rendered, flags=re.M) if document.strip()]


LIBRARY = library()


def policy(i, j, turn=0):
    """The j-th policy of the i-th namespace; each turn has another spec."""
    chosen = LIBRARY[(i * POLICIES + j) % len(LIBRARY)]
    name = chosen["metadata"]["name"]
    spec = {**chosen["spec"], "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": f"{namespace(i)}-agent-{j}"}}}
    spec["rules"] = [dict(rule) for rule in spec["rules"]]
    if j == 0:  # a fifth is unlike all others, the rest has its expressions from the library
        spec["rules"][0]["when"] = f"({spec['rules'][0]['when']}) && event.workload_id.contains('/{namespace(i)}/')"
    if turn:
        spec["rules"][0]["when"] = f"({spec['rules'][0]['when']}) && {turn} != 0"
    path = f"{GROUP}/namespaces/{namespace(i)}/agentauditpolicies/{name}"
    return path, {"apiVersion": chosen["apiVersion"], "kind": chosen["kind"], "metadata": {"name": name, "namespace": namespace(i)}, "spec": spec}


def make_namespace(i):
    api.request("POST", "/api/v1/namespaces", {
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": namespace(i), "annotations": {"scheduler.alpha.kubernetes.io/node-selector": f"kubernetes.io/hostname={node(i)}"}},
    })  # fmt: skip
    for j in range(POLICIES):
        api.apply(*policy(i, j))


def make_node(i):
    api.request("POST", "/api/v1/nodes", {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": node(i), "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
                     "labels": {"kubernetes.io/hostname": node(i), "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
        "status": {"allocatable": {"cpu": "256", "memory": "1Ti", "pods": "500"}, "capacity": {"cpu": "256", "memory": "1Ti", "pods": "500"}},
    })  # fmt: skip


def measure_changes(operator, policies):
    """One edit after the other, each of one policy somewhere."""
    draw = random.Random(1)
    for turn in range(1, 51):  # what the compiler has not seen yet is not what a change costs
        change(draw, policies, turn)
    quiet()
    requests, cpu = Requests(), operator.cpu()
    seconds = [change(draw, policies, turn) for turn in range(51, 51 + CHANGES)]
    quiet()
    counts, cpu = requests.counted(), operator.cpu() - cpu
    renewals = sum(count for what, count in counts.items() if what.endswith("leases"))
    ranked = sorted(seconds)
    figure("operator.apply_to_ack_p99_s", ranked[int(len(ranked) * 0.99)], "s", 1, "4.2 to 7.0", p50=round(statistics.median(seconds), 3),
           max=round(ranked[-1], 3), changes=CHANGES)  # fmt: skip
    figure("operator.requests_per_change", (counts.total() - renewals) / CHANGES, "", 6, 27,
           of={what: round(count / CHANGES, 2) for what, count in counts.most_common()}, cpu_ms=round(cpu / CHANGES * 1e3, 1))  # fmt: skip


def change(draw, policies, turn):
    i, j = draw.randrange(NAMESPACES), draw.randrange(POLICIES)
    path, body = policy(i, j, turn)
    start = time.monotonic()
    applied = api.apply(path, body)
    digest = policies.wait((namespace(i), applied["metadata"]["name"]), applied["metadata"]["generation"], "Programmed")
    seconds = time.monotonic() - start
    if sensors.digests[namespace(i)] != digest:
        sys.exit(f"bench: {path} says it is programmed with {digest}, and its sensor has acknowledged {sensors.digests[namespace(i)]}")
    return seconds


def measure_refusals(policies):
    """A policy with a typing error, until its status says Stalled: what a GitOps tool waits for."""
    path, body = policy(0, 0)
    body["metadata"]["name"] = "typing-error"
    seconds = []
    for turn in range(REFUSALS):
        body["spec"]["rules"][0]["when"] = f"event.nothing == {turn}"
        start = time.monotonic()
        applied = api.apply(path.rsplit("/", 1)[0] + "/typing-error", body)
        policies.wait((namespace(0), "typing-error"), applied["metadata"]["generation"], "Stalled")
        seconds.append(time.monotonic() - start)
    api.request("DELETE", path.rsplit("/", 1)[0] + "/typing-error")
    figure("operator.apply_to_stalled_p99_s", max(seconds), "s", 1, p50=round(statistics.median(seconds), 3), refusals=REFUSALS)


def measure_edits(operator, policies):
    """An edit of the profile that every policy uses; over when every sensor has acknowledged a config with it, every policy is Programmed and no old config is left."""
    seconds, counts, cpu = [], collections.Counter(), operator.cpu()
    configs = f"/api/v1/namespaces/{SYSTEM}/configmaps?" + SENSORS
    for depth in range(4, 4 + EDITS):
        before = dict(sensors.digests)
        requests = Requests()
        start = time.monotonic()
        api.merge(f"{GROUP}/redactionprofiles/default", {"spec": {"shape": {"maxDepth": depth}}})
        until("new digests", lambda: all(sensors.digests[name] != digest for name, digest in before.items()))
        until("Programmed", lambda: policies.programmed() == NAMESPACES * POLICIES)
        expected = {f"sensor-config-{name}-{digest.removeprefix('sha256:')[:12]}" for name, digest in sensors.digests.items()}
        until("old configs to go", lambda: {item["metadata"]["name"] for item in api.get(configs, names=True)["items"]} == expected)
        seconds.append(time.monotonic() - start)
        quiet()
        counts += requests.counted()
    figure("operator.profile_edit_s", statistics.median(seconds), "s", 10, runs=[round(each, 1) for each in seconds],
           requests_per_namespace={what: round(count / EDITS / NAMESPACES, 2) for what, count in counts.most_common(8)},
           cpu_s=round((operator.cpu() - cpu) / EDITS, 2))  # fmt: skip


def measure_idle(operator):
    """While the sensors renew their Leases and nothing changes; and what it takes without those renewals."""
    quiet()
    requests, cpu, start, renewals = Requests(), operator.cpu(), time.monotonic(), sensors.renewals
    time.sleep(IDLE_SECONDS)
    seconds = time.monotonic() - start
    counts, percent, renewals = requests.counted(), (operator.cpu() - cpu) / seconds * 100, (sensors.renewals - renewals) / seconds
    sensors.renewing.clear()
    time.sleep(RENEW_SECONDS)
    cpu, start = operator.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS / 2)
    without = (operator.cpu() - cpu) / (time.monotonic() - start) * 100
    sensors.renewing.set()
    figure("operator.idle_requests_per_min", counts.total() / seconds * 60, "", 6, "58 to 61", of=dict(counts.most_common()))
    figure("operator.idle_cpu_percent", percent, "%", 0.5, 38, renewals_per_s=round(renewals), without_renewals=round(without, 2))


def measure_start(policies, counted):
    """As after an upgrade or a crash: everything is there, nothing has to be written."""
    requests = Requests()
    operator = Operator("operator-1")
    until("all reconciled", lambda: operator.reconciled() >= counted)
    seconds, cpu = time.monotonic() - operator.started, operator.cpu()
    if policies.programmed() != NAMESPACES * POLICIES:
        sys.exit("bench: a start changes nothing")
    return operator, seconds, cpu, requests.counted()


def main():
    start = time.monotonic()
    in_parallel(make_node, range(NODES))
    in_parallel(make_namespace, range(NAMESPACES))
    say(f"{NAMESPACES} namespaces, {NAMESPACES * POLICIES} policies, {NODES} nodes in {time.monotonic() - start:.0f} s")
    global sensors
    policies, sensors = Policies(), Sensors()
    until("the policies", lambda: len(policies.statuses) == NAMESPACES * POLICIES)

    requests = Requests()
    operator = Operator("operator-0")
    with contextlib.ExitStack() as running:
        running.callback(lambda: operator.stop())
        until("Programmed", lambda: operator.alive() and policies.programmed() == NAMESPACES * POLICIES)
        first, first_cpu = time.monotonic() - operator.started, operator.cpu()
        first_requests = requests.counted()
        say(f"all Programmed for the first time after {first:.1f} s, {first_requests.total()} requests, {first_cpu:.1f} s of CPU")
        quiet()
        measure_changes(operator, policies)
        measure_refusals(policies)
        measure_edits(operator, policies)
        measure_idle(operator)
        figure("operator.heap_mib", operator.heap(), "MiB", 256, "244 to 270 resident, 12,000 with CEL", rss_mib=round(operator.rss()))
        operator.stop()
        everywhere = len(api.get("/api/v1/namespaces")["items"])
        operator, seconds, cpu, counts = measure_start(policies, everywhere)
        figure("operator.startup_s", seconds, "s", 15, 59, cpu_s=round(cpu, 1), requests=counts.total(), of=dict(counts.most_common(4)), first_time_s=round(first, 1),
               first_time_cpu_s=round(first_cpu, 1), first_time_requests_per_namespace=round(first_requests.total() / NAMESPACES, 1))  # fmt: skip
        quiet()
    with open(os.path.join(work, "figures.json"), "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)


if __name__ == "__main__":
    if not shutil.which("kubectl"):
        sys.exit("bench: kubectl is not on the PATH: run bench/run.sh operator")
    main()
