#!/usr/bin/env python3
"""Takes the signature out of jars of others: what signs each class of Bouncy Castle is 6,000 entries of a manifest, which a JVM keeps for as
long as it runs and checks classes against. It is asked for where a jar is a provider of JCE, which none is here.

usage: unsign.py BOM_FOLDER JAR...      each jar once, if it lies in several places; the digests of the bills of materials (CycloneDX, *.cdx.json)
                                        are those of the jars as they come, and become those of these
"""

import hashlib
import json
import pathlib
import re
import shutil
import sys
import zipfile

SIGNATURE = re.compile(r"META-INF/[^/]+\.(SF|RSA|DSA|EC)", re.IGNORECASE)
MANIFEST = "META-INF/MANIFEST.MF"


def unsign(path):
    """Whether it was signed."""
    with zipfile.ZipFile(path) as jar:
        entries = [(entry, jar.read(entry)) for entry in jar.infolist()] if any(map(SIGNATURE.fullmatch, jar.namelist())) else []
    if entries:
        with zipfile.ZipFile(path, "w") as jar:  # not deflated: that is not the same bytes with each zlib
            for entry, data in entries:
                if not SIGNATURE.fullmatch(entry.filename):
                    jar.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), re.split(rb"(?:\r?\n){2}", data)[0] + b"\n\n" if entry.filename == MANIFEST else data)
    return bool(entries)


def digest(jar):
    return hashlib.sha256(jar.read_bytes()).hexdigest()


def main(boms, *jars):
    unsigned = {}  # digest as it came: the jar without
    digests = {}  # file name: digest of that
    for jar in map(pathlib.Path, jars):
        signed = digest(jar)
        if signed in unsigned:
            shutil.copyfile(unsigned[signed], jar)
        elif unsign(jar):
            unsigned[signed] = jar
            digests[jar.name] = digest(jar)
    for path in pathlib.Path(boms).glob("*.cdx.json"):
        bom = json.loads(path.read_text(encoding="utf-8"))
        for component in bom["components"]:
            name = f"{component['name']}-{component['version']}.jar"
            if name in digests:
                component["hashes"] = [{"alg": "SHA-256", "content": digests[name]}]
                component["pedigree"] = {"notes": "the jar without its signature"}
        path.write_text(json.dumps(bom, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
