#!/usr/bin/env python3
"""Collects what the redaction suite measured into figures.json, on standard output. usage: figures.py WORK_FOLDER"""
import json
import pathlib
import sys

work = pathlib.Path(sys.argv[1])
COMMAND = "bench/run.sh redaction"


def lines(name):
    path = work / name
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()] if path.exists() else []


peers = {columns[0]: float(columns[1]) for columns in lines("peers.txt")}
peers.update({columns[0]: float(columns[1]) for columns in lines("hyperscan.txt")})
figures = []
for columns in lines("figures.txt") + lines("scalar.txt") + lines("accuracy.txt") + lines("prompts.txt"):
    figure = {"id": columns[0], "value": float(columns[1]), "unit": columns[2] if len(columns) > 2 else "", "command": COMMAND}
    if columns[0] == "redaction.mixed":
        figure["peers"] = peers
    figures.append(figure)
json.dump(figures, sys.stdout, indent=1)
