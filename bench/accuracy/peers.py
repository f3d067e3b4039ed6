#!/usr/bin/env python3
"""Runs the peers that read files on the beginning of the mixed text and writes peers.txt: name, MB per CPU second, bytes read.

usage: peers.py FOLDER_OF_PEERS WORK_FOLDER
"""
import json
import os
import pathlib
import resource
import subprocess
import sys

peers, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
text = (work / "mixed.txt").read_bytes()
PRESIDIO = """
import sys
from presidio_analyzer.predefined_recognizers import (CreditCardRecognizer, EmailRecognizer, IbanRecognizer, IpRecognizer, PhoneRecognizer, UsSsnRecognizer,
    CryptoRecognizer, DateRecognizer, UrlRecognizer, UsPassportRecognizer, UsBankRecognizer, UsLicenseRecognizer, UsItinRecognizer, NhsRecognizer)
recognizers = [r() for r in (CreditCardRecognizer, EmailRecognizer, IbanRecognizer, IpRecognizer, PhoneRecognizer, UsSsnRecognizer, CryptoRecognizer,
    DateRecognizer, UrlRecognizer, UsPassportRecognizer, UsBankRecognizer, UsLicenseRecognizer, UsItinRecognizer, NhsRecognizer)]
text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
for at in range(0, len(text), 10000):
    for recognizer in recognizers:
        recognizer.analyze(text[at:at + 10000], recognizer.supported_entities, None)
"""


def measure(name, size, command):
    sample = work / f"sample-{name}"
    sample.mkdir(exist_ok=True)
    file = sample / "mixed.txt"
    file.write_bytes(b"")
    def cpu():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command(file), cwd=sample, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    try:
        empty = cpu()  # what starting costs
        file.write_bytes(text[:size])
        seconds = max(1e-6, cpu() - empty)
    except (OSError, RuntimeError) as problem:
        print(f"bench: {name} was left out: {problem}")
        return None
    speed = size / 1e6 / seconds
    print(f"{name} {speed:.2f} MB/s on the first {size >> 10} KiB")
    return f"{name} {speed:.3f} {size}"


(work / "secretlintrc.json").write_text(json.dumps({"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}))
secretlint = peers / "node_modules/.bin/secretlint"
runs = [
    ("gitleaks", 2 << 20, lambda f: [str(peers / "gitleaks"), "dir", str(f.parent), "--no-banner", "--exit-code", "0"]),
    ("secretlint", 8 << 20, lambda f: ["env", f"NODE_PATH={peers}/node_modules", str(secretlint), "--secretlintrc", str((work / "secretlintrc.json").resolve()), "--no-glob", str(f)]),
    ("detect-secrets", 1 << 20, lambda f: [str(peers / "venv/bin/detect-secrets"), "scan", "--all-files", "--no-verify", str(f)]),
    ("presidio", 1 << 19, lambda f: [str(peers / "venv/bin/python"), "-c", PRESIDIO, str(f)]),
]
(work / "peers.txt").write_text("\n".join(filter(None, (measure(*run) for run in runs))) + "\n")
