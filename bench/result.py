#!/usr/bin/env python3
"""Puts the figures of a suite together with the machine that they were measured on: bench/results/NAME.json on standard output."""
import json
import os
import platform
import re
import sys


def first(path, pattern):
    try:
        with open(path, encoding="utf-8") as file:
            match = re.search(pattern, file.read(), re.M)
            return match.group(1).strip() if match else "unknown"
    except OSError:
        return "unknown"


machine = {
    "cpu": first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
    "cores": os.cpu_count(),
    "memory_kib": first("/proc/meminfo", r"^MemTotal:\s*(\d+)"),
    "kernel": platform.release(),
    "load_1m": os.getloadavg()[0],
}
with open(sys.argv[1], encoding="utf-8") as file:
    json.dump({"machine": machine, "figures": json.load(file)}, sys.stdout, indent=1, ensure_ascii=False)
print()
