"""The tools that the agents are given. What they were really called with and returned is on standard error, JSON Lines."""
import json
import os
import sys


def logged(tool):
    def run(**arguments):
        try:
            result, error = tool(**arguments), False
        except OSError as e:
            result, error = str(e.strerror), True
        line = {"tool": tool.__name__, "arguments": arguments, "result": result, "error": error}
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()
        if error:
            raise RuntimeError(result)
        return result

    return run


@logged
def read_file(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@logged
def list_directory(path):
    return "\n".join(sorted(os.listdir(path)))
