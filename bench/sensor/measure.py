#!/usr/bin/env python3
"""Measures the sensor on this machine's kernel: what it costs the processes that it observes, and what it takes itself.

usage: measure.py WORK_FOLDER [PART...]      parts: ring tls agent memory idle ready drops; all of them if none is named; and hour

Runs dist/bin/fourthlog-sensor watch on a cgroup, as root. Processes "with the sensor" run in that cgroup; those "without" run outside of it,
on copies of the library or program, since a probe is on a file and costs whoever runs it. Prints a table and writes WORK_FOLDER/sensor.json.
"""

import collections
import contextlib
import glob
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "bench", "sensor")
CLIENTS = os.path.join(ROOT, "sensor-daemon", "src", "test", "recording")
SENSOR = os.path.join(ROOT, "dist", "bin", "fourthlog-sensor")
JCMD = os.path.join(os.path.dirname(os.environ.get("BENCH_JAVA", "java")), "jcmd")
CGROUPS = "/sys/fs/cgroup/unified" if os.path.exists("/sys/fs/cgroup/unified/cgroup.procs") else "/sys/fs/cgroup"
LIBSSL = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
JOIN = 'echo $$ >"$0"/cgroup.procs && exec "$@"'

ROUNDS = 6  # of each kind, in turn
AGENT_RUNS = 10  # of each kind
AGENT_CALLS, AGENTS = 200, 50
LOAD_CALLS = 2000  # of one process
STARTS = 20  # of processes that ask once
WARM_CALLS = 3000  # without pauses: the sensor's code is compiled while it runs
LONG_RUNS, LONG_CALLS = 8, 2500  # the same, until there is hardly anything left to compile
LOAD_SECONDS = int(os.environ.get("FOURTHLOG_BENCH_LOAD_SECONDS", "60"))
HOUR_REQUESTS = int(os.environ.get("FOURTHLOG_BENCH_HOUR_REQUESTS", "3600000"))  # 1,000 a second
HOUR_RATE = os.environ.get("FOURTHLOG_BENCH_HOUR_RATE", "2500")  # a second: by how much it is compressed
HOUR_LEVELS = 6  # how often it is looked at what there is
KIB = 1024
MODEL_CALL = rb'"event_id":"([^"]+)","event_type":"model_invocation"'
KINDS = {"reading": "java$", "compiling": "C[12] Compiler", "committing": "spool$", "counting": "token-counts$"}  # of threads, by their names
PEER_REQUEST = '"message_type":"request"'
RING_GAP = rb'"error_class":"sensor.gap.ring","event_id":"([^"]+)"[^}]+}[^}]*?"missing_bytes":(\d+)'

work = os.path.abspath(sys.argv[1])
figures = []


def figure(name, value, unit, **more):
    figures.append({"id": name, "value": round(value, 4), "unit": unit, "command": "bench/run.sh sensor", **more})
    print(f"{name:<28} {value:>12.4g} {unit:<10} {' '.join(f'{key}={value}' for key, value in more.items())}", flush=True)


def run(*command, split=True, **options):
    printed = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, cwd=work, **options).stdout
    return printed.split() if split else printed


def median(rows, column):
    return statistics.median(float(row[column]) for row in rows)


class Sensor:
    """A running sensor and the cgroup that it watches."""

    def __init__(self):
        self.cgroup = f"{CGROUPS}/fourthlog-bench-{os.getpid()}"
        self.charged = memory_cgroup()
        self.state = os.path.join(work, "state")
        os.makedirs(self.cgroup, exist_ok=True)
        os.makedirs(self.charged, exist_ok=True)
        shutil.rmtree(self.state, ignore_errors=True)
        self.log = open(os.path.join(work, "sensor.log"), "a", encoding="utf-8")
        self.process = subprocess.Popen(
            ["sh", "-c", JOIN, self.charged, SENSOR, "watch", "--cgroup", self.cgroup, "--state", self.state], stdout=self.log, stderr=self.log
        )
        while not os.path.exists(f"{self.state}/log") or self.drained() > 0.05:
            if self.process.poll() is not None:
                sys.exit(f"bench: the sensor has ended: see {self.log.name}")

    def __enter__(self):
        return self

    def inside(self, *command, **options):
        return run("sh", "-c", JOIN, self.cgroup, *command, **options)

    def cpu(self, names=""):
        """Seconds, of all threads that live, or of those whose names match."""
        threads = glob.glob(f"/proc/{self.process.pid}/task/*")
        return sum(int(first(f"{path}/schedstat").split()[0]) for path in threads if re.match(names, first(f"{path}/comm"))) / 1e9

    def cpu_by_kind(self):
        """The same of each kind of thread."""
        of = {kind: self.cpu(names) for kind, names in KINDS.items()}
        return collections.Counter({**of, "rest": self.cpu() - sum(of.values())})

    def drained(self):
        """Waits for half a second; CPU taken in it, of one core."""
        before = self.cpu()
        time.sleep(0.5)
        return (self.cpu() - before) / 0.5

    def quiet(self):
        """Waits until there is nothing to read any more."""
        while self.drained() > 0.05:
            pass

    def memory(self):
        """Resident memory and of it what the ring's mapping has, in MiB."""
        status = first(f"/proc/{self.process.pid}/status")
        maps, ring, inside = first(f"/proc/{self.process.pid}/smaps"), 0, False
        for line in maps.splitlines():
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                inside = "bpf-map" in line
            elif inside and line.startswith("Rss:"):
                ring += int(line.split()[1])
        return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) / KIB, ring / KIB

    def charge(self):
        """What is charged to the sensor's cgroup, in MiB, less what of files is not in use, as kubelet counts it; 0 if memory is not counted."""
        used = max(int(first(f"{self.charged}/{name}")) for name in ("memory.current", "memory.usage_in_bytes"))
        unused = re.search(r"^(?:total_)?inactive_file (\d+)", first(f"{self.charged}/memory.stat"), re.MULTILINE)
        return (used - int(unused[1])) / KIB / KIB if unused else 0

    def level(self):
        """What there is: resident MiB, MiB of the heap and objects of ours after a collection, open files, threads."""
        self.quiet()
        of_process = f"/proc/{self.process.pid}"
        resident = self.memory()[0]
        rows = [line.split() for line in run(JCMD, str(self.process.pid), "GC.class_histogram", split=False).splitlines()]
        ours = sum(int(row[1]) for row in rows if len(row) > 3 and row[3].startswith("io.fourthlog.sensor."))
        heap = next(int(row[2]) for row in rows if row and row[0] == "Total")
        return {"resident": round(resident), "heap": round(heap / KIB / KIB, 1), "objects": ours,
                "files": len(os.listdir(f"{of_process}/fd")), "threads": len(os.listdir(f"{of_process}/task"))}  # fmt: skip

    def programs(self):
        """{name: (ns, runs)} of the eBPF programs, while the kernel counts them."""
        found = {}
        for path in glob.glob(f"/proc/{self.process.pid}/fdinfo/*"):
            info = first(path)
            tag, ns, runs = (re.search(rf"{key}:\s*(\w+)", info) for key in ("prog_tag", "run_time_ns", "run_cnt"))
            if tag and ns and runs and int(runs[1]):
                found[tag[1]] = (int(ns[1]), int(runs[1]))
        return found

    def recorded(self, what):
        """How many events there are in the log, told apart by their ids, in which a pattern is that has the id in it."""
        return len(self.events(what))

    def lost(self):
        """How many gaps of the ring there are in the log, and how many MiB are missing in them."""
        gaps = self.events(RING_GAP)
        return len(gaps), round(sum(int(lost) for _, lost in gaps) / KIB / KIB, 1)

    def events(self, what):
        self.quiet()
        time.sleep(1.2)  # the log is committed each second
        found = set()
        for folder, _, names in os.walk(f"{self.state}/log"):
            for name in names if "entries" in folder else ():
                with open(os.path.join(folder, name), "rb") as file:
                    found.update(re.findall(what, file.read()))
        return found

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        os.rmdir(self.cgroup)
        os.rmdir(self.charged)


def memory_cgroup():
    """A cgroup to be made for which memory is counted: below this one's in cgroup v1, else at the root."""
    own = re.search(r"^\d+:memory:(.*)", first("/proc/self/cgroup"), re.MULTILINE)
    return (f"/sys/fs/cgroup/memory{own[1].rstrip('/')}" if own else CGROUPS) + f"/fourthlog-bench-sensor-{os.getpid()}"


def first(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return "0"  # a thread that has just ended


class Server:
    """A program that prints its port and serves until the end."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=work, **options)
        self.port = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def unprobed():
    """An environment in which libssl is a file of its own."""
    if not os.path.exists(f"{work}/lib"):
        os.makedirs(f"{work}/lib")
        shutil.copy(LIBSSL, f"{work}/lib/libssl.so.3")
    return {**os.environ, "LD_LIBRARY_PATH": f"{work}/lib"}


def tls_server(*chunk):
    return Server("./tls", "serve", "certificate.pem", "key.pem", *chunk, env=unprobed())


def ring():
    cgroup = f"{CGROUPS}/fourthlog-bench-ring-{os.getpid()}"
    os.makedirs(cgroup)
    sizes = ("128", "4096", "16384")
    try:
        rows = subprocess.run(
            [os.environ["BENCH_JAVA"], "-XX:+UseSerialGC", "-Xmx96m", "--enable-native-access=ALL-UNNAMED", "-cp", os.environ["BENCH_CLASSPATH"],
             "io.fourthlog.bench.sensor.RingDrain", cgroup, f"{work}/filler", f"{work}/ring_peer", *sizes],
            check=True, text=True, stdout=subprocess.PIPE, cwd=ROOT,
        ).stdout  # fmt: skip
    finally:
        time.sleep(0.5)
        os.rmdir(cgroup)
    for size, ours, peer in (line.split() for line in rows.splitlines()):
        figure(f"sensor.ring_{size}_ns", float(ours), "ns", peers={"c_libbpf": float(peer)}, ratio=round(float(ours) / float(peer), 2))


def tls():
    """Requests and answers of one size on one connection, one after the other: from Node's client, and from C, which does nothing else."""
    node, copy = nodes()
    with Sensor() as sensor, tls_server() as server:
        for size in (64 * KIB, KIB) * 2:  # the sensor's code is compiled while it runs
            sensor.inside("./tls", "ask", server.port, str(size), "4", "1500")
        for name, size in (("1k", KIB), ("64k", 64 * KIB)):
            words = (server.port, str(size), "1")
            of_node = (node, f"{HERE}/ask.mjs", *words), (copy, f"{HERE}/ask.mjs", *words)
            of_c = ("./tls", "ask", *words), ("./tls", "ask", *words)
            for suffix, (inside, outside) in (("ratio", of_node), ("tight_ratio", of_c)):
                compare(f"sensor.tls_{name}_{suffix}", sensor, inside, outside)


def compare(name, sensor, inside, outside):
    sensor.inside(*inside)  # puts the probes on
    sensor.quiet()
    with_it, without, taken = [], [], 0.0
    for _ in range(ROUNDS):
        before = sensor.cpu()
        with_it.append(sensor.inside(*inside))
        sensor.quiet()
        taken += sensor.cpu() - before
        without.append(run(*outside, env=unprobed()))
    with counted_programs():
        before = sensor.programs()
        asked = int(sensor.inside(*inside)[2])
        ran = sum(ns - before.get(tag, (0, 0))[0] for tag, (ns, _) in sensor.programs().items())
    sensor.quiet()
    figure(
        name, median(with_it, 0) / median(without, 0), "",
        requests_per_s=median(with_it, 0), without=median(without, 0),
        client_cpu_us=round(median(with_it, 1) / 1000, 1), client_cpu_us_without=round(median(without, 1) / 1000, 1),
        of_it_programs_us=round(ran / asked / 1000, 2), sensor_cpu_us=round(taken / sum(int(row[2]) for row in with_it) * 1e6, 1),
    )  # fmt: skip


@contextlib.contextmanager
def counted_programs():
    """While the kernel counts what eBPF programs take."""
    switch = "/proc/sys/kernel/bpf_stats_enabled"
    was = first(switch)
    try:
        write(switch, "1")
        yield
    finally:
        write(switch, was)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def nodes():
    """Node, and a copy of it that no probe is on."""
    node = os.path.realpath(run("node", "-p", "process.execPath")[0])
    if not os.path.exists(f"{work}/node"):
        shutil.copy(node, f"{work}/node")
    return node, f"{work}/node"


def agent():
    if not os.path.exists(f"{CLIENTS}/node_modules/.package-lock.json"):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], check=True, cwd=CLIENTS, stdout=subprocess.DEVNULL)
    node, copy = nodes()
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": f"{work}/certificate.pem"}
    with Sensor() as sensor, Server(copy, f"{HERE}/model.mjs", "key.pem", "certificate.pem") as model:
        def words(calls, pace=""):
            return f"{HERE}/agent.mjs", CLIENTS, f"https://localhost:{model.port}/{pace}v1", str(calls), str(AGENTS)

        def ask(calls, pace="", times=1):
            """CPU seconds of the sensor by kind of thread."""
            before = sensor.cpu_by_kind()
            for _ in range(times):
                sensor.inside(node, *words(calls, pace), env=environment)
            sensor.quiet()
            after = sensor.cpu_by_kind()
            return {kind: after[kind] - before[kind] for kind in after}

        peers, unpaced_peers = agentsight(words) if "BENCH_CACHE" in os.environ else ({}, {})
        warm = sum(ask(WARM_CALLS, "fast/").values())
        taken = ask(LOAD_CALLS)
        figure("sensor.cpu_ms_per_request", sum(taken.values()) / LOAD_CALLS * 1000, "ms", prompt="4 KiB", deltas=65, warm_up_s=round(warm, 1), **peers, **shares(taken, LOAD_CALLS))  # fmt: skip
        with_it, without, before = [], [], sensor.recorded(MODEL_CALL)
        for _ in range(AGENT_RUNS):
            with_it.append(seconds(lambda: sensor.inside(node, *words(AGENT_CALLS), env=environment)))
            without.append(seconds(lambda: run(copy, *words(AGENT_CALLS), env=environment)))
        sensor.quiet()
        calls, seen = AGENT_RUNS * AGENT_CALLS, sensor.recorded(MODEL_CALL) - before
        figure("sensor.agent_wall_ratio", statistics.median(with_it) / statistics.median(without), "",
               seconds=round(statistics.median(with_it), 3), without=round(statistics.median(without), 3), calls=calls, recorded=seen)  # fmt: skip
        ask(LONG_CALLS, "fast/", LONG_RUNS)
        taken = ask(LOAD_CALLS)
        figure("sensor.cpu_ms_per_request_later", sum(taken.values()) / LOAD_CALLS * 1000, "ms",
               after=WARM_CALLS + LOAD_CALLS + calls + LONG_RUNS * LONG_CALLS, **shares(taken, LOAD_CALLS))  # fmt: skip
        taken = ask(LOAD_CALLS, "fast/")
        figure("sensor.cpu_ms_per_request_unpaced", sum(taken.values()) / LOAD_CALLS * 1000, "ms", **unpaced_peers, **shares(taken, LOAD_CALLS))
        ask(1, times=STARTS)
        taken = ask(1, times=STARTS)
        figure("sensor.process_ms", sum(taken.values()) / STARTS * 1000, "ms", **shares(taken, STARTS))


def agentsight(words):
    """What AgentSight takes for each request of the same load, how many of them it names, and its resident memory, and what it takes without pauses; nothing if it cannot be had."""
    peer = f"{HERE}/agentsight.sh"
    if subprocess.run([peer], check=False).returncode:
        print("bench: AgentSight could not be installed", flush=True)
        return {}, {}
    node, cgroup, printed = f"{work}/node-agentsight", f"{CGROUPS}/fourthlog-bench-agentsight-{os.getpid()}", f"{work}/agentsight.jsonl"
    shutil.copy(nodes()[0], node)
    os.makedirs(cgroup)
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": f"{work}/certificate.pem"}

    def cpu():
        return int(re.search(r"usage_usec (\d+)", first(f"{cgroup}/cpu.stat"))[1]) / 1e6

    def drained():
        before = cpu()
        time.sleep(0.5)
        return cpu() - before

    def ask(calls, pace=""):
        before = cpu()
        run(node, *words(calls, pace), env=environment)
        while drained() > 0.05:
            pass
        return cpu() - before

    with open(printed, "w", encoding="utf-8") as out:
        process = subprocess.Popen(["sh", "-c", JOIN, cgroup, peer, "debug", "ssl", "--http-parser", "--binary-path", node], cwd=work, stdout=out, stderr=out)
        while "Starting" not in first(printed) and process.poll() is None:
            time.sleep(0.1)
        if process.poll() is not None:
            sys.exit(f"bench: AgentSight has ended: see {printed}")
        ask(WARM_CALLS, "fast/")
        known = len(re.findall(PEER_REQUEST, first(printed)))
        taken = ask(LOAD_CALLS)
        named = len(re.findall(PEER_REQUEST, first(printed))) - known
        unpaced = ask(LOAD_CALLS, "fast/")
        resident = sum(int(re.search(r"VmRSS:\s*(\d+)", first(f"/proc/{pid}/status"))[1]) for pid in first(f"{cgroup}/cgroup.procs").split())
        process.terminate()
        process.wait()
    while first(f"{cgroup}/cgroup.procs"):
        time.sleep(0.1)
    os.rmdir(cgroup)
    per_request = [{"peers": {"agentsight": round(seconds / LOAD_CALLS * 1000, 2)}} for seconds in (taken, unpaced)]
    return {**per_request[0], "agentsight_names": named, "agentsight_rss_mib": round(resident / KIB)}, per_request[1]


def seconds(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def shares(taken, calls):
    return {f"of_it_{kind}": round(seconds / calls * 1000, 3) for kind, seconds in taken.items()}


def memory():
    with Sensor() as sensor, tls_server() as server:
        time.sleep(5)
        idle, idle_charge = sensor.memory()[0], sensor.charge()
        sensor.inside("./tls", "ask", server.port, "4096", "20", "1000")
        sensor.quiet()
        resident, of_ring = sensor.memory()
        charge = sensor.charge()
        before = sensor.cpu()
        sent = int(sensor.inside("./tls", "ask", server.port, "4096", "10", "1000")[2])
        sensor.quiet()
        figure("sensor.rss_mib", resident, "MiB", ring=round(of_ring, 1), of_cgroup=round(charge), idle=round(idle), idle_of_cgroup=round(idle_charge),
               requests_per_s=1000, cpu_ms=round((sensor.cpu() - before) / sent * 1000, 3))  # fmt: skip
        third = LOAD_SECONDS / 3
        levels = []
        for _ in range(3):
            sent += int(sensor.inside("./tls", "ask", server.port, "4096", str(third), "4000")[2])
            sensor.quiet()
            levels.append(sensor.memory()[0])
        figure("sensor.rss_growth_mib", levels[2] - levels[1], "MiB", levels=[round(each) for each in levels], requests=sent)


def hour():
    """As many requests as there are in an hour at 1,000 a second, faster, each second from another process."""
    with Sensor() as sensor, tls_server() as server:
        sensor.inside("./tls", "ask", server.port, "4096", "20", "1000")
        levels, asked, processes, begin = [sensor.level()], 0, 0, time.monotonic()
        while asked < HOUR_REQUESTS:
            asked += int(sensor.inside("./tls", "ask", server.port, "4096", "1", HOUR_RATE)[2])
            processes += 1
            if asked * HOUR_LEVELS >= len(levels) * HOUR_REQUESTS:
                levels.append(sensor.level())
                print(f"  after {asked} requests: {levels[-1]}", flush=True)
        seconds = time.monotonic() - begin
        gaps, lost = sensor.lost()
        grown = levels[-1]["resident"] - levels[len(levels) // 2]["resident"]
        figure("sensor.hour_growth_mib", grown, "MiB", requests=asked, processes=processes, seconds=round(seconds), gaps=gaps, lost_mib=lost,
               **{key: [level[key] for level in levels] for key in levels[0]})  # fmt: skip


def idle():
    with Sensor() as sensor:
        waiting = subprocess.Popen(["sh", "-c", JOIN, sensor.cgroup, "sleep", "1000"])
        sensor.quiet()
        time.sleep(5)
        before, begin = sensor.cpu(), time.monotonic()
        time.sleep(20)
        taken = sensor.cpu() - before
        waiting.kill()
        waiting.wait()
        figure("sensor.idle_cpu_percent", 100 * taken / (time.monotonic() - begin), "%")


def ready():
    """From exec of the program to the start of one that it watches, which it does when its programs and tables are there."""
    times, before = [], children_cpu()
    for _ in range(5):
        begin = time.time()
        times.append(float(run(SENSOR, "watch", "--state", f"{work}/state-ready", "--", "date", "+%s.%N", stderr=subprocess.DEVNULL)[0]) - begin)
        shutil.rmtree(f"{work}/state-ready")
    figure("sensor.ready_s", statistics.median(times), "s", each=[round(each, 2) for each in times], cpu_s=round((children_cpu() - before) / 5, 2))


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def drops():
    """20,000 calls a second of 4 KiB: requests and answers of 64 KiB, in calls of 4 KiB."""
    size, chunk, seconds, clients = 64 * KIB, 4 * KIB, 10, 2
    rate = 20_000 * chunk / (2 * size) / clients
    with Sensor() as sensor, tls_server(str(chunk)) as one, tls_server(str(chunk)) as other:
        ask = [("./tls", "ask", server.port, str(size), str(seconds), str(rate), str(chunk)) for server in (one, other)]
        sensor.inside(*ask[0][:4], "5", "100", str(chunk))  # warm
        sensor.quiet()
        running = [subprocess.Popen(["sh", "-c", JOIN, sensor.cgroup, *each], cwd=work, text=True, stdout=subprocess.PIPE) for each in ask]
        rows = [process.communicate()[0].split() for process in running]
        gaps, lost = sensor.lost()
        calls = sum(float(row[0]) for row in rows) * 2 * size / chunk
        figure("sensor.drops", gaps, "gaps", lost_mib=lost, calls_per_s=round(calls))


def main():
    os.makedirs(work, exist_ok=True)
    for name, libraries in (("tls", ["-l:libssl.so.3", "-l:libcrypto.so.3"]), ("ring_peer", ["-lbpf"]), ("filler", [])):
        run("gcc", "-O2", "-Wall", "-Wextra", "-o", f"{work}/{name}", f"{HERE}/{name}.c", *libraries)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", "key.pem",
        "-out", "certificate.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", stderr=subprocess.DEVNULL)  # fmt: skip
    parts = {"ring": ring, "tls": tls, "agent": agent, "memory": memory, "idle": idle, "ready": ready, "drops": drops}
    for name in sys.argv[2:] or parts:
        (hour if name == "hour" else parts[name])()
    with open(f"{work}/sensor.json", "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
