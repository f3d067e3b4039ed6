"""usage: expected.py EVENTS: says whether what agent.sh did is in the events, and only that."""

import json
import sys

events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]


def of(kind, *fields):
    return [tuple(event.get(field) for field in fields) for event in events if event["event_type"] == kind]


EXPECTED = {
    "questions": (of("model_invocation", "model_id", "output_token_count", "http_status"), [("m-plain", 1, 200), ("m-streamed", 3, 200), ("m", None, None)]),
    "tools": (of("tool_invocation", "tool_name", "return_status"), [("weather", "ok")]),
    "files": ([row for row in of("data_access", "resource_uri", "byte_count") if row[0] == "file:///tmp/notes"], [("file:///tmp/notes", 11)]),
    "denied": ([row for row in of("policy_decision", "decision", "rule_fired", "enforcement") if row[0] == "deny"], [("deny", "no-mail", "enforced"), ("deny", "no-key", "enforced")]),
    # The answer that was not waited for; and a kernel that preempts may leave out system calls where it is as slow as here, which is said.
    "gaps": ([row for row in of("error", "error_class") if row != ("sensor.gap.ring",)], [("sensor.gap.unfinished",)]),
}
wrong = {name: got for name, (got, expected) in EXPECTED.items() if got != expected}
print("; ".join(f"{name}: {len(got)}" for name, (got, _) in EXPECTED.items()))
if wrong:
    sys.exit(f"not what was expected: {wrong}")
