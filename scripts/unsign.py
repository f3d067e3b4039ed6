#!/usr/bin/env python3
"""Takes the signature out of jars of others: what signs each class of Bouncy Castle is 6,000 entries of a manifest, which a JVM keeps for as
long as it runs and checks classes against. It is asked for where a jar is a provider of JCE, which none is here.

usage: unsign.py BOM JAR...      the digests of BOM (CycloneDX, JSON) are those of the jars as they come, and become those of these
"""

import hashlib
import json
import os
import re
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


def main(bom_path, *jars):
    with open(bom_path, encoding="utf-8") as file:
        bom = json.load(file)
    for path in filter(unsign, jars):
        with open(path, "rb") as file:
            data = file.read()
        for component in bom["components"]:
            if os.path.basename(path) == f"{component['name']}-{component['version']}.jar":
                component["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}]
                component["pedigree"] = {"notes": "the jar without its signature"}
    with open(bom_path, "w", encoding="utf-8") as file:
        json.dump(bom, file, indent=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
