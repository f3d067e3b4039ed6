#!/usr/bin/env python3
"""Checks an evidence bundle of fourthlog prove, from README.md beside this file alone. Exit code 0: holds, 1: finding, 2: no bundle.

usage: verify_bundle.py BUNDLE.json [--key VKEY|FILE]... [--document FILE] [--timestamp-ca FILE]
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import subprocess
import sys
import tempfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

try:  # FIPS 204 is in newer releases only
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:
    MLDSA44PublicKey = None

FORMAT = "fourthlog-evidence/1"
STAMPED = "fourthlog-timestamp/1"
MAX_FILE = 64 << 20
LOG, COSIGNATURE, COSIGNATURE_ML_DSA_44 = 0x01, 0x04, 0x06
KEY_LENGTHS = {LOG: 32, COSIGNATURE: 32, COSIGNATURE_ML_DSA_44: 1312}
SIGNATURE_LENGTHS = {LOG: 64, COSIGNATURE: 8 + 64, COSIGNATURE_ML_DSA_44: 8 + 2420}
WHITE_SPACE = re.compile(rb"[\x09-\x0d ]+")


class NoBundle(Exception):
    """The file is not what the format says."""


class Finding(Exception):
    """Something in the bundle does not hold."""


def is_name(text):
    return text and "+" not in text and not any(c.isspace() or c < " " for c in text)


def unbase64(text):
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise Finding(f"not base64: {text[:80]!r}") from e
    if base64.b64encode(decoded).decode() != text:
        raise Finding(f"not canonical base64: {text[:80]!r}")
    return decoded


class Key:
    """A vkey: NAME+ID+BASE64."""

    def __init__(self, vkey):
        parts = vkey.split("+", 2)
        if len(parts) != 3 or not is_name(parts[0]):
            raise Finding(f"not a vkey: {vkey[:80]!r}")
        self.vkey, self.name = vkey, parts[0]
        encoded = unbase64(parts[2])
        self.type = encoded[0] if encoded else None
        if len(encoded) - 1 != KEY_LENGTHS.get(self.type):
            raise Finding(f"the key of {self.name} is of no known type and length")
        self.public = encoded[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + encoded).digest()[:4]
        if self.id.hex() != parts[1]:
            raise Finding(f"the id of the key of {self.name} is {parts[1]}, and should be {self.id.hex()}")

    @property
    def is_witness(self):
        return self.type != LOG

    @property
    def can_verify(self):
        return self.type != COSIGNATURE_ML_DSA_44 or MLDSA44PublicKey is not None

    def verifies(self, checkpoint, signature):
        if len(signature) != SIGNATURE_LENGTHS[self.type]:
            return False
        text = checkpoint["text"].encode()
        try:
            if self.type == LOG:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
                return True
            (time,) = struct.unpack(">Q", signature[:8])
            if self.type == COSIGNATURE:
                message = f"cosignature/v1\ntime {time}\n".encode() + text
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature[8:], message)
            else:
                witness, origin = self.name.encode(), checkpoint["origin"].encode()
                message = b"subtree/v1\n\0" + bytes([len(witness)]) + witness + struct.pack(">Q", time)
                message += bytes([len(origin)]) + origin + struct.pack(">QQ", 0, checkpoint["size"]) + checkpoint["root"]
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature[8:], message)
            return True
        except (InvalidSignature, ValueError):
            return False


def parse_text(text):
    """The text of a checkpoint: what is signed, or stamped."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Finding("the checkpoint is no text")
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise Finding("the checkpoint does not have origin, size and root hash")
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", lines[1], re.ASCII):
        raise Finding("the size of the checkpoint is no number")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Finding("the root hash of the checkpoint does not have 32 bytes")
    return {"text": text, "origin": lines[0], "size": int(lines[1]), "root": root}


def parse_checkpoint(note):
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise Finding("the checkpoint is not a signed note")
    checkpoint = parse_text(text + "\n")
    signatures = []
    for line in tail[:-1].split("\n"):
        parts = line.split(" ", 2)
        if len(parts) != 3 or parts[0] != "—" or not is_name(parts[1]):
            raise Finding("a signature line is not — NAME BASE64")
        decoded = unbase64(parts[2])
        if len(decoded) <= 4:
            raise Finding(f"the signature of {parts[1]} is too short")
        signatures.append((parts[1], decoded[:4], decoded[4:]))
    return {**checkpoint, "signatures": signatures}


def hand_over(note, checkpoint, trusted):
    """A trusted key vouches for the one that it handed over to, and does not sign any more for what came after."""
    succession = parse_checkpoint(note)
    lines = succession["text"].split("\n")
    if len(lines) != 5 or not lines[3].startswith("next ") or len(succession["signatures"]) != 1:
        raise Finding("one of its successions is none")
    following = Key(lines[3][len("next "):])
    if following.is_witness or following.name != succession["origin"]:
        raise Finding("one of its successions is to a key of something else")
    (name, id, signature), = succession["signatures"]
    for key in [key for key in trusted if not key.is_witness and key.name == succession["origin"] == checkpoint["origin"]]:
        if (key.name, key.id) == (name, id) and key.verifies(succession, signature):
            trusted.append(following)
            if checkpoint["size"] > succession["size"] + 1:
                trusted.remove(key)
            return


def check_log(log, given, notes):
    checkpoint = parse_checkpoint(log["checkpoint"])
    if checkpoint["origin"] != log["origin"]:
        raise Finding(f"the checkpoint is of {checkpoint['origin']}")
    stated = [Key(vkey) for vkey in log["vkeys"]]
    trusted = [key for key in given if key.is_witness or key.name == log["origin"]]
    if all(key.is_witness for key in given):
        trusted += [key for key in stated if not key.is_witness and key.name == log["origin"]]
    if not any(key.is_witness for key in given):
        trusted += [key for key in stated if key.is_witness]
    for note in log["successions"]:
        hand_over(note, checkpoint, trusted)
    signed_by_log = False
    for key in trusted:
        lines = [s for name, id, s in checkpoint["signatures"] if name == key.name and id == key.id]
        if not key.can_verify:
            notes.append(f"not checked, this python3-cryptography has no ML-DSA-44: the cosignature of {key.name}")
            continue
        if not all(key.verifies(checkpoint, signature) for signature in lines):
            raise Finding(f"the signature of {key.vkey[:80]} is wrong")
        if key.is_witness and not lines:
            raise Finding(f"the checkpoint is not signed by {key.vkey[:80]}")
        signed_by_log |= bool(lines) and not key.is_witness
    if not signed_by_log:
        raise Finding("no trusted key of the log has signed the checkpoint")
    return checkpoint


def root_of(index, size, leaf_hash, proof):
    """RFC 9162, section 2.1.3.2; None when the proof is too long or too short."""
    fn, sn, r = index, size - 1, leaf_hash
    for p in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def is_continued(first_size, first_root, size, root, proof):
    """RFC 9162, section 2.1.4.2."""
    if not 0 < first_size <= size:
        return False
    if first_size == size:
        return not proof and first_root == root
    if first_size & (first_size - 1) == 0:
        proof = [first_root] + proof
    if not proof:
        return False
    fn, sn = first_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = hashlib.sha256(b"\x01" + c + fr).digest(), hashlib.sha256(b"\x01" + c + sr).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\x01" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    return fr == first_root and sr == root and sn == 0


def unbase64_hashes(hashes):
    decoded = [unbase64(hash) for hash in hashes]
    if len(decoded) > 63 or any(len(hash) != 32 for hash in decoded):
        raise Finding("the proof is not at most 63 hashes of 32 bytes")
    return decoded


def check_timestamp(stamp, checkpoint, authorities, notes):
    """OpenSSL checks the token; that the log is what was stamped is checked here."""
    stamped, statement = parse_text(stamp["checkpoint"]), parse_text(stamp["statement"])
    if stamped["origin"] != checkpoint["origin"] or statement["origin"] != STAMPED:
        raise Finding("it is not of this log")
    if not is_continued(stamped["size"], stamped["root"], checkpoint["size"], checkpoint["root"], unbase64_hashes(stamp["consistency"])):
        raise Finding("the log does not continue what was stamped")
    leaf_hash, index = hashlib.sha256(b"\0" + stamp["checkpoint"].encode()).digest(), stamp["index"]
    if not 0 <= index < statement["size"] or root_of(index, statement["size"], leaf_hash, unbase64_hashes(stamp["path"])) != statement["root"]:
        raise Finding("the log's checkpoint is not in what was stamped")
    token = unbase64(stamp["token"])
    if authorities is None:
        notes.append(f"not checked without --timestamp-ca: when the first {stamped['size']} events of {stamped['origin']} existed")
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = {"data": stamp["statement"].encode(), "token": token}
        for name, content in paths.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        verify = subprocess.run(  # certificates count as of the time that the token states, not of today
            ["openssl", "ts", "-verify", "-data", f"{folder}/data", "-in", f"{folder}/token", "-token_in", "-no_check_time", "-CAfile", authorities],
            capture_output=True, check=False)
        if verify.returncode != 0 or b"Verification: OK" not in verify.stdout + verify.stderr:
            raise Finding("its token does not hold: " + verify.stderr.decode(errors="replace").strip()[-200:])
        text = subprocess.run(["openssl", "ts", "-reply", "-in", f"{folder}/token", "-token_in", "-text"],
                              capture_output=True, check=False).stdout.decode(errors="replace")
    time = next((line for line in text.splitlines() if line.startswith("Time stamp: ")), "Time stamp: not readable")
    print(f"existed: first {stamped['size']} events of {stamped['origin']}, says the authority; {time}")


def check_leaf(leaf, checkpoints):
    checkpoint = checkpoints.get(leaf["log"])
    if checkpoint is None:
        raise Finding(f"no checkpoint of {leaf['log']} holds")
    proof = unbase64_hashes(leaf["proof"])
    try:
        entry = leaf["entry"].encode()
    except UnicodeEncodeError as e:
        raise Finding("the entry is no text") from e
    leaf_hash = hashlib.sha256(b"\0" + entry).digest()
    if not 0 <= leaf["index"] < checkpoint["size"]:
        raise Finding(f"the log has no leaf {leaf['index']}")
    if root_of(leaf["index"], checkpoint["size"], leaf_hash, proof) != checkpoint["root"]:
        raise Finding(f"the entry is not leaf {leaf['index']} of {leaf['log']}")
    event = parse_event(leaf["entry"])
    if leaf["opened"] is None:
        if "sealed" in event:
            raise Finding("the entry is sealed, and the bundle does not say what is in it")
        return event
    return check_opened(event, leaf["opened"])


def parse_event(text):
    try:
        event = json.loads(text, object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError, NoBundle) as e:
        raise Finding(f"the entry is no JSON: {e}") from e
    if not isinstance(event, dict):
        raise Finding("the entry is no JSON object")
    return event


def check_opened(sealed, opened):
    """The entry commits to the event: that takes the salt, and no key."""
    try:
        commitment = hashlib.sha256(unbase64(opened["salt"]) + opened["event"].encode()).hexdigest()
    except UnicodeEncodeError as e:
        raise Finding("the event is no text") from e
    if len(unbase64(opened["salt"])) != 16 or sealed.get("commitment") != commitment:
        raise Finding("the entry does not commit to this event")
    event = parse_event(opened["event"])
    for name in ("event_id", "event_type", "ts", "sensor_id", "schema_version"):
        if event.get(name) != sealed.get(name):
            raise Finding(f"the entry has another {name} than the event")
    return event


def check_match(event, match, document):
    """What the document was to the agent, and whether that is proven."""
    known = [*filter(None, [document["sha256"]]), *document["keyed_hashes"]]
    field, likeness = match["field"], match["likeness"]
    whole = {"model_invocation": "/output_hash", "tool_invocation": "/return_hash"}.get(event.get("event_type"))
    if whole is None:
        raise Finding("no document is recognised in such an event")
    if field == whole:
        if likeness == "exact" and isinstance(event.get(field[1:]), str) and event[field[1:]] in known:
            return ("produced" if field == "/output_hash" else "returned"), True
        raise Finding(f"{field} is not the document ({likeness})")
    index = re.fullmatch(r"/fingerprints/(0|[1-9][0-9]{0,8})", field, re.ASCII)
    parts = event.get("fingerprints")
    if not index or not isinstance(parts, list) or int(index[1]) >= len(parts) or not isinstance(parts[int(index[1])], dict):
        raise Finding(f"there is no {field}")
    part = parts[int(index[1])]
    role = {"output": "produced", "return": "returned"}.get(part.get("part"), "sent")
    holds = {
        "exact": any(isinstance(part.get(name), str) and part[name] in known for name in ("sha256", "keyed_hash")),
        "normalized": isinstance(part.get("normalized_sha256"), str) and part["normalized_sha256"] == document["normalized_sha256"],
        "excerpt": isinstance(part.get("winnow"), str),
    }
    if not holds.get(likeness, False):
        raise Finding(f"{field} is not the document ({likeness})")
    return role, likeness != "excerpt"


def check_document(path, document):
    with open(path, "rb") as file:
        content = file.read()
    normalized = WHITE_SPACE.sub(b" ", content).strip(b" ")
    own = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest() if len(content) >= 64 else None,
        "normalized_sha256": hashlib.sha256(normalized).hexdigest() if len(normalized) >= 64 else None,
    }
    for name, value in own.items():
        if document[name] != value:
            raise Finding(f"it is not about {path}: another {name}")


def without_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NoBundle("a member stands twice")
    return members


NUMBER, TEXT, MAYBE = int, str, (str, type(None))
SHAPES = {
    "bundle": {"format": TEXT, "made_at": TEXT, "document": "document", "searched": "searched", "logs": ["log"], "events": ["leaf"], "gaps": ["leaf"]},
    "document": {"bytes": NUMBER, "sha256": MAYBE, "normalized_sha256": MAYBE, "keyed_hashes": [TEXT]},
    "searched": {"since": MAYBE, "until": MAYBE, "workload": MAYBE, "invocations": NUMBER, "parts": NUMBER, "gaps": NUMBER, "not_compared": dict},
    "log": {"origin": TEXT, "checkpoint": TEXT, "vkeys": [TEXT], "successions": [TEXT], "timestamps": ["stamped"]},
    "stamped": {"checkpoint": TEXT, "consistency": [TEXT], "statement": TEXT, "index": NUMBER, "path": [TEXT], "token": TEXT},
    "leaf": {"log": TEXT, "index": NUMBER, "entry": TEXT, "proof": [TEXT], "opened": "opened?", "matches": ["match"]},
    "opened": {"event": TEXT, "salt": TEXT},
    "match": {"field": TEXT, "likeness": TEXT},
}


def require(value, shape, place):
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise NoBundle(f"{place} is no list")
        for i, each in enumerate(value):
            require(each, shape[0], f"{place}[{i}]")
    elif isinstance(shape, str) and shape.endswith("?") and value is None:
        return
    elif isinstance(shape, str):
        shape = shape.rstrip("?")
        if not isinstance(value, dict) or value.keys() != SHAPES[shape].keys():
            raise NoBundle(f"{place} does not have exactly the members {', '.join(SHAPES[shape])}")
        for name, each in SHAPES[shape].items():
            require(value[name], each, f"{place}.{name}")
    elif isinstance(value, bool) or not isinstance(value, shape):
        raise NoBundle(f"{place} is of another type")


def read(path):
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise NoBundle("it is larger than 64 MiB")
        bundle = json.loads(content.decode(), object_pairs_hook=without_duplicates)
    except (OSError, ValueError, RecursionError) as e:
        raise NoBundle(str(e)) from e
    require(bundle, "bundle", "it")
    if bundle["format"] != FORMAT:
        raise NoBundle(f"its format is not {FORMAT}")
    return bundle


def verify(bundle, given, document, authorities):
    """Prints what holds; returns findings and notes."""
    findings, notes, checkpoints = [], [], {}

    def attempt(place, check):
        try:
            return check()
        except Finding as e:
            findings.append(f"{place}: {e}")
            return None

    if document:
        attempt("document", lambda: check_document(document, bundle["document"]))
    for i, log in enumerate(bundle["logs"]):
        checkpoint = attempt(f"logs[{i}]", lambda: check_log(log, given, notes))
        if log["origin"] in checkpoints:
            findings.append(f"logs[{i}]: the log stands in the bundle twice")
        elif checkpoint:
            checkpoints[log["origin"]] = checkpoint
            for j, stamp in enumerate(log["timestamps"]):
                attempt(f"logs[{i}].timestamps[{j}]", lambda: check_timestamp(stamp, checkpoint, authorities, notes))
    for name in ("events", "gaps"):
        for i, leaf in enumerate(bundle[name]):
            place = f"{name}[{i}]"
            event = attempt(place, lambda: check_leaf(leaf, checkpoints))
            if (name == "events") != bool(leaf["matches"]):
                findings.append(f"{place}: an event has matches, and a gap has none")
            if event is None:
                continue
            print(f"{event.get('ts')} {event.get('event_type')} {event.get('event_id')} trace {event.get('trace_id')}"
                  f" {event.get('workload_id')}: leaf {leaf['index']} of {leaf['log']}")
            for match in leaf["matches"]:
                found = attempt(place, lambda: check_match(event, match, bundle["document"]))
                if found:
                    print(f"  {found[0]}: {match['likeness']} at {match['field']}" + ("" if found[1] else ", claimed, not proven"))
    return findings, notes


def main():
    parser = argparse.ArgumentParser(description="Checks an evidence bundle of fourthlog prove.")
    parser.add_argument("bundle")
    parser.add_argument("--key", action="append", default=[], help="vkey of a log or witness that is trusted, or a file with one")
    parser.add_argument("--document", help="the document that it is about")
    parser.add_argument("--timestamp-ca", help="PEM with who has certified the authority of the timestamps; takes openssl")
    options = parser.parse_args()
    try:
        given = []
        for key in options.key:
            if "+" not in key:
                with open(key, encoding="utf-8") as file:
                    key = file.read().strip()
            given.append(Key(key))
        bundle = read(options.bundle)
        findings, notes = verify(bundle, given, options.document, options.timestamp_ca)
    except (NoBundle, Finding, OSError) as e:
        print(f"verify_bundle: {e}", file=sys.stderr)
        return 2
    for note in notes:
        print(note)
    for finding in findings:
        print(f"FOUND {finding}")
    if all(key.is_witness for key in given):
        print("keys as they stand in the bundle: it is whole, but not whose it is")
    print("DOES NOT HOLD" if findings else "holds")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
