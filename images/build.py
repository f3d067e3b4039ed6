#!/usr/bin/env python3
"""Writes the container images, without a container engine or a base image, byte for byte the same for the same inputs.

dist/images/fourthlog.tar holds localhost/fourthlog-{operator,sensor,trail}; they share the layers of the C library and of a
Java run-time that jlink made. dist/images/demo.tar holds the demo's agent, its model endpoint and a pause image. Both are in
the docker-archive format, which `ctr images import`, `docker load` and `skopeo copy docker-archive:` take.

Beside them, and in each image at /usr/share/sbom, is a bill of materials in CycloneDX: jars, Java run-time, Debian packages.

With MINILM=1 the sensor's image has the sentence model for prompt classes as well, in a layer of its own.

usage: build.py [fourthlog] [demo]; IMAGES_DIR is another folder than dist/images
"""

import functools
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DIST = os.path.join(ROOT, "dist")
IMAGES = os.environ.get("IMAGES_DIR", os.path.join(DIST, "images"))
VERSION = "0.1.0"

# What jdeps finds in the three programs, and what they reach by name: TLS with elliptic curves, locale data, zip file systems.
MODULES = (
    "java.base,java.compiler,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,"
    "java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs"
)
NOT_RUN = (".ts", ".mts", ".cts", ".map", ".md")  # of npm packages
PASSWD = "root:x:0:0:root:/:/nologin\nnonroot:x:65532:65532:nonroot:/:/nologin\n"


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def libraries(*binaries):
    """The shared libraries that the binaries load, and the loader: {path in the image: path here}."""
    found = {}
    for binary in binaries:
        for match in re.finditer(r"(?:=> )?(/\S+) \(0x", run("ldd", binary)):
            name = match.group(1)
            where = "/lib64/" if "ld-linux" in name else "/usr/lib/"
            found[where + os.path.basename(name)] = os.path.realpath(name)
    return found


def shared_library(*names):
    """The first of the sonames that the loader's cache has, and where."""
    lines = run("/sbin/ldconfig", "-p").splitlines()
    for name in names:
        for line in lines:
            if line.strip().startswith(name + " ") and "x86-64" in line:
                return name, os.path.realpath(line.split("=> ")[1])
    sys.exit(f"images: {' or '.join(names)} is not installed: run 'make setup'")


def tree(source, target, without=()):
    """Every file below a folder, but for some endings of names: {path in the image: path here}."""
    files = {}
    for folder, _, names in os.walk(source):
        for name in names:
            if name.endswith(without):
                continue
            path = os.path.join(folder, name)
            files[os.path.join(target, os.path.relpath(path, source))] = path
    return files


class Layer:
    """A layer as the bytes of a tar; contents are paths of files here, or bytes."""

    def __init__(self, files, folders=()):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
            made = set()

            def folder(path):
                if path and path not in made:
                    folder(os.path.dirname(path))
                    made.add(path)
                    entry = tarfile.TarInfo(path)
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if path == "tmp" else 0o755
                    tar.addfile(entry)

            for path in sorted(folders):
                folder(path.lstrip("/"))
            for path, source in sorted(files.items()):
                path = path.lstrip("/")
                folder(os.path.dirname(path))
                entry = tarfile.TarInfo(path)
                if isinstance(source, str) and os.path.islink(source):
                    entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(source)
                    tar.addfile(entry)
                    continue
                if isinstance(source, str):
                    entry.mode = 0o755 if os.access(source, os.X_OK) else 0o644
                    with open(source, "rb") as file:
                        source = file.read()
                else:
                    entry.mode = 0o644
                entry.size = len(source)
                tar.addfile(entry, io.BytesIO(source))
        self.data = data.getvalue()
        self.digest = hashlib.sha256(self.data).hexdigest()


class Archive:
    """A docker-archive of several images; a layer that they share is in it once."""

    def __init__(self):
        self.manifest, self.blobs = [], {}

    def add(self, name, layers, entrypoint, user, environment=()):
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Entrypoint": entrypoint, "User": user, "Env": ["PATH=/usr/bin", *environment]},
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + layer.digest for layer in layers]},
            },
            sort_keys=True,
        ).encode()
        config_name = hashlib.sha256(config).hexdigest() + ".json"
        self.blobs[config_name] = config
        for layer in layers:
            self.blobs[layer.digest + "/layer.tar"] = layer.data
        self.manifest.append(
            {"Config": config_name, "RepoTags": [name], "Layers": [layer.digest + "/layer.tar" for layer in layers]}
        )
        size = sum(len(layer.data) for layer in layers) / 2**20
        print(f"images:   {name:<36} {size:6.1f} MiB")

    def write(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tarfile.open(path + ".new", "w") as tar:
            for name, content in [*self.blobs.items(), ("manifest.json", json.dumps(self.manifest).encode())]:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o644
                tar.addfile(entry, io.BytesIO(content))
        os.replace(path + ".new", path)


@functools.cache
def debian_package(path):
    """The Debian package of a file as (name, version), where this machine has packages and one of them owns it."""
    if not shutil.which("dpkg-query"):
        return None
    for known in (path, path.removeprefix("/usr"), "/usr" + path):  # /lib is a link to /usr/lib, and packages name either
        owner = subprocess.run(["dpkg-query", "-S", known], text=True, capture_output=True, check=False)
        if owner.returncode == 0:
            name = owner.stdout.split(": ")[0]
            return name.split(":")[0], run("dpkg-query", "-W", "-f", "${Version}", name)
    return None


def bill_of_materials(module, binaries, home):
    """What is in an image, in CycloneDX: the jars, as Maven tells them, the Java run-time, and the packages of the C libraries."""
    with open(os.path.join(DIST, "sbom", module + ".cdx.json"), encoding="utf-8") as file:
        bom = json.load(file)
    with open(os.path.join(home, "release"), encoding="utf-8") as file:
        release = dict(line.strip().replace('"', "").split("=", 1) for line in file if "=" in line)
    version = release.get("JAVA_RUNTIME_VERSION", release["JAVA_VERSION"])
    bom["components"].append({"type": "platform", "name": "openjdk", "version": version, "publisher": release.get("IMPLEMENTOR", ""), "bom-ref": "openjdk"})
    found = {}
    for path in binaries:
        package = debian_package(path)
        name, version = package or (os.path.basename(path), "")
        purl = {"purl": f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}?arch=amd64"} if package else {}
        found.setdefault(name, {"type": "library", "name": name, "version": version, "bom-ref": "deb:" + name, **purl})
    bom["components"] += [found[name] for name in sorted(found)]
    return (json.dumps(bom, indent=1, sort_keys=True) + "\n").encode()


def java_runtime():
    """A run-time image with the modules that the programs use and an archive of the JDK's classes, made once for each JDK and module list."""
    home = run(os.path.join(ROOT, "scripts", "java-home.sh")).strip()
    with open(os.path.join(home, "release"), encoding="utf-8") as file:
        key = hashlib.sha256((file.read() + MODULES + "archive").encode()).hexdigest()[:12]
    runtime = os.path.join(DIST, "runtime-" + key)
    if not os.path.isdir(runtime):
        shutil.rmtree(runtime + ".new", ignore_errors=True)
        run(
            os.path.join(home, "bin", "jlink"), "--add-modules", MODULES, "--strip-debug", "--no-header-files", "--no-man-pages",
            "--compress", "zip-2", "--output", runtime + ".new",
        )  # fmt: skip
        run(os.path.join(runtime + ".new", "bin", "java"), "-Xshare:dump")  # the same bytes each time, which an AOT cache is not
        os.replace(runtime + ".new", runtime)
    return home, runtime


def base(*binaries):
    return Layer(
        {**libraries(*binaries), "/etc/passwd": PASSWD.encode(), "/etc/nsswitch.conf": b"hosts: files dns\n"},
        ["/tmp", "/dev", "/proc", "/sys", "/etc", "/run", "/var/lib/fourthlog"],
    )


def fourthlog():
    home, runtime = java_runtime()
    loaded = dict([shared_library("libbpf.so.1"), shared_library("libcapstone.so.5", "libcapstone.so.4")])
    binaries = [os.path.join(runtime, "bin", "java"), *loaded.values()]
    binaries += [path for path in tree(os.path.join(runtime, "lib"), "").values() if path.endswith(".so") and "awt" not in path and "font" not in path]
    environment = ["LD_LIBRARY_PATH=/usr/lib"]
    system, java = base(*binaries), Layer(tree(runtime, "/opt/java"))
    archive = Archive()
    os.makedirs(IMAGES, exist_ok=True)
    for program, module, main, user, options, extra in (
        ("operator", "operator", "io.fourthlog.operator.OperatorMain", "65532",
         ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MetaspaceSize=128m", "-XX:ReservedCodeCacheSize=96m", "-Xmx256m",
          "--sun-misc-unsafe-memory-access=allow"], {}),
        ("sensor", "sensor-daemon", "io.fourthlog.sensor.SensorMain", "0",
         ["@/opt/fourthlog/jvm.options"],
         {f"/usr/lib/{name}": path for name, path in loaded.items()}),
        ("trail", "trail", "io.fourthlog.trail.collector.TrailMain", "65532", ["-XX:+UseSerialGC", "-Xmx256m"], {}),
    ):  # fmt: skip
        jars = tree(os.path.join(DIST, "lib", module), "/opt/fourthlog")
        ours = {path: source for path, source in jars.items() if "0.1.0-SNAPSHOT" in path or "/jsse/" in path or path.endswith(".options")}
        third = {path: source for path, source in jars.items() if path not in ours}
        if not ours:
            sys.exit("images: dist/lib is empty: run 'make build'")
        optional, classes = [], "/opt/fourthlog/*" + (":/opt/fourthlog/minilm/*" if program == "sensor" else "")
        if program == "sensor" and os.environ.get("MINILM"):
            minilm = tree(os.path.join(DIST, "lib", "minilm"), "/opt/fourthlog/minilm")
            optional = [Layer({**minilm, "/usr/share/sbom/prompt-minilm.cdx.json": os.path.join(DIST, "sbom", "prompt-minilm.cdx.json")})]
        known = [path for path in (*libraries(*binaries).values(), *extra.values()) if not path.startswith(runtime)]
        bom = bill_of_materials(module, known, home)
        with open(os.path.join(IMAGES, f"fourthlog-{program}.cdx.json"), "wb") as file:
            file.write(bom)
        archive.add(
            f"localhost/fourthlog-{program}:{VERSION}",
            [system, java, Layer(third), *optional, Layer({**ours, **extra, f"/usr/share/sbom/fourthlog-{program}.cdx.json": bom})],
            ["/opt/java/bin/java", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", *options, "-cp", classes, main],
            user,
            environment,
        )
    archive.write(os.path.join(IMAGES, "fourthlog.tar"))


def demo():
    node = os.path.realpath(run("node", "-p", "process.execPath").strip())
    agent = os.path.join(ROOT, "demo", "agent")
    modules = os.path.join(agent, "node_modules", ".package-lock.json")
    lock = os.path.join(agent, "package-lock.json")
    if not os.path.exists(modules) or os.path.getmtime(modules) < os.path.getmtime(lock):
        run("npm", "ci", "--no-audit", "--no-fund", cwd=agent)
    pause = os.path.join(DIST, "pause")
    run("gcc", "-static", "-Os", "-s", "-o", pause, os.path.join(ROOT, "images", "pause.c"))
    system, interpreter = base(node), Layer({"/usr/bin/node": node})
    archive = Archive()
    archive.add("localhost/pause:1", [Layer({"/pause": pause})], ["/pause"], "65535")
    archive.add(
        f"localhost/demo-agent:{VERSION}",
        [system, interpreter, Layer(tree(os.path.join(agent, "node_modules"), "/app/node_modules", NOT_RUN)),
         Layer({"/app/" + name: os.path.join(agent, name) for name in os.listdir(agent) if name.endswith((".mjs", ".json"))})],
        ["/usr/bin/node", "/app/agent.mjs"], "65532",
    )  # fmt: skip
    model = os.path.join(ROOT, "demo", "model")
    archive.add(f"localhost/demo-model:{VERSION}", [system, interpreter, Layer(tree(model, "/app"))], ["/usr/bin/node", "/app/model.mjs"], "65532")
    archive.write(os.path.join(IMAGES, "demo.tar"))


if __name__ == "__main__":
    started = time.monotonic()
    for target in sys.argv[1:] or ["fourthlog", "demo"]:
        {"fourthlog": fourthlog, "demo": demo}[target]()
    print(f"images: written to {IMAGES} in {time.monotonic() - started:.0f} s")
