#!/usr/bin/env python3
"""Checks an evidence bundle of fourthlog prove, or evidence against a log, from README.md beside this file alone.

Exit code 0: it holds, or is proven; 1: finding; 2: no such file.
usage: verify_bundle.py FILE.json [--key VKEY|FILE]... [--document FILE [--hmac DIR]] [--timestamp-ca FILE]
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "fourthlog-evidence/1"
EQUIVOCATION = "fourthlog-equivocation/1"
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
    return text and "+" not in text and not any(c.isspace() or c < " " or "\ud800" <= c <= "\udfff" for c in text)


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
                return ml_dsa_44_verifies(self.public, message, signature[8:])
            return True
        except (InvalidSignature, ValueError):
            return False


# ML-DSA-44 of FIPS 204 with an empty context, algorithms 3 and 8: python3-cryptography has it in newer releases only.
Q, D, GAMMA1, GAMMA2, TAU, BETA, OMEGA, RANK = 8380417, 13, 1 << 17, 95232, 39, 78, 80, 4
ZETAS = [pow(1753, int(f"{i:08b}"[::-1], 2), Q) for i in range(256)]


def ntt(w):
    w, m = list(w), 0
    for length in (128, 64, 32, 16, 8, 4, 2, 1):
        for start in range(0, 256, 2 * length):
            m += 1
            for j in range(start, start + length):
                t = ZETAS[m] * w[j + length] % Q
                w[j], w[j + length] = (w[j] + t) % Q, (w[j] - t) % Q
    return w


def inverse_ntt(w):
    w, m = list(w), 256
    for length in (1, 2, 4, 8, 16, 32, 64, 128):
        for start in range(0, 256, 2 * length):
            m -= 1
            for j in range(start, start + length):
                w[j], w[j + length] = (w[j] + w[j + length]) % Q, -ZETAS[m] * (w[j] - w[j + length]) % Q
    return [x * 8347681 % Q for x in w]


def unpack(data, bits):
    """256 numbers, the first in the lowest bits."""
    packed = int.from_bytes(data, "little")
    return [packed >> bits * i & (1 << bits) - 1 for i in range(256)]


def expand(seed):
    """A polynomial of the matrix: three bytes each of SHAKE128 that are less than Q."""
    length = 1024
    while True:
        data = hashlib.shake_128(seed).digest(3 * length)
        numbers = [n for n in (data[i] | data[i + 1] << 8 | (data[i + 2] & 127) << 16 for i in range(0, len(data), 3)) if n < Q]
        if len(numbers) >= 256:
            return numbers[:256]
        length *= 2


def sample_in_ball(seed):
    data = hashlib.shake_256(seed).digest(4096)
    signs, at, c = int.from_bytes(data[:8], "little"), 8, [0] * 256
    for i in range(256 - TAU, 256):
        while data[at] > i:
            at += 1
        j, at = data[at], at + 1
        c[i], c[j] = c[j], 1 - 2 * (signs >> i + TAU - 256 & 1)
    return c


def unpack_hints(data):
    """Which coefficients of each polynomial get a hint; None when it is not the one way to write it."""
    hints, index = [], 0
    for i in range(RANK):
        end = data[OMEGA + i]
        if end < index or end > OMEGA or any(data[j] >= data[j + 1] for j in range(index, end - 1)):
            return None
        hints.append(set(data[index:end]))
        index = end
    return hints if not any(data[index:OMEGA]) else None


def use_hint(hint, r):
    low = r % (2 * GAMMA2)
    low -= 2 * GAMMA2 if low > GAMMA2 else 0
    high, low = (0, low - 1) if r - low == Q - 1 else ((r - low) // (2 * GAMMA2), low)
    return (high + (1 if low > 0 else -1)) % 44 if hint else high


def ml_dsa_44_verifies(public, message, signature):
    challenge, z, hints = signature[:32], signature[32:32 + 576 * RANK], unpack_hints(signature[32 + 576 * RANK:])
    z = [[GAMMA1 - n for n in unpack(z[576 * i:576 * (i + 1)], 18)] for i in range(RANK)]
    if hints is None or any(abs(n) >= GAMMA1 - BETA for polynomial in z for n in polynomial):
        return False
    mu = hashlib.shake_256(hashlib.shake_256(public).digest(64) + b"\0\0" + message).digest(64)
    c, z, high = ntt(sample_in_ball(challenge)), [ntt(polynomial) for polynomial in z], b""
    for i in range(RANK):
        t = ntt([n << D for n in unpack(public[32 + 320 * i:32 + 320 * (i + 1)], 10)])
        row = [expand(public[:32] + bytes([j, i])) for j in range(RANK)]
        w = inverse_ntt([(sum(row[j][n] * z[j][n] for j in range(RANK)) - c[n] * t[n]) % Q for n in range(256)])
        high += sum(use_hint(n in hints[i], w[n]) << 6 * n for n in range(256)).to_bytes(192, "little")
    return hashlib.shake_256(mu + high).digest(32) == challenge


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


def hand_over(note, origin, size, trusted):
    """A trusted key vouches for the one that it handed over to, and does not sign any more for what came after."""
    succession = parse_checkpoint(note)
    lines = succession["text"].split("\n")
    if len(lines) != 5 or not lines[3].startswith("next ") or len(succession["signatures"]) != 1:
        raise Finding("one of its successions is none")
    following = Key(lines[3][len("next "):])
    if following.is_witness or following.name != succession["origin"]:
        raise Finding("one of its successions is to a key of something else")
    (name, id, signature), = succession["signatures"]
    for key in [key for key in trusted if not key.is_witness and key.name == succession["origin"] == origin]:
        if (key.name, key.id) == (name, id) and key.verifies(succession, signature):
            trusted.append(following)
            if size > succession["size"] + 1:
                trusted.remove(key)
            return


def check_log(log, given):
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
        hand_over(note, checkpoint["origin"], checkpoint["size"], trusted)
    signed_by_log = False
    for key in trusted:
        lines = [s for name, id, s in checkpoint["signatures"] if name == key.name and id == key.id]
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
    """RFC 9162, section 2.1.4.2; every tree continues the empty one."""
    if not 0 <= first_size <= size:
        return False
    if first_size == 0:
        return not proof and first_root == hashlib.sha256().digest()
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


def check_match(event, match, document, held):
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
    if likeness != "excerpt":
        return role, True
    shared = held.shares(part) if held else None
    if shared is False:
        raise Finding(f"{field} has no text in common with the document")
    return role, bool(shared)


class Document:
    """The document, and the installation's keys if the user has them."""

    def __init__(self, path, keys):
        with open(path, "rb") as file:
            content = file.read()
        self.path, self.keys, self.runs = path, keys, {}
        self.normalized = WHITE_SPACE.sub(b" ", content).strip(b" ")
        self.own = {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest() if len(content) >= 64 else None,
            "normalized_sha256": hashlib.sha256(self.normalized).hexdigest() if len(self.normalized) >= 64 else None,
        }
        self.keyed = {id: f"{id}:{hmac.new(key, content, 'sha256').hexdigest()}" for id, key in keys.items()}

    def check(self, digests):
        for name, value in self.own.items():
            if digests[name] != value:
                raise Finding(f"it is not about {self.path}: another {name}")
        for keyed in digests["keyed_hashes"]:
            if self.keyed.get(keyed.partition(":")[0], keyed) != keyed:
                raise Finding(f"it is not about {self.path}: another keyed hash")

    def shares(self, part):
        """Whether a part has text in common with it; None without the key that the part was recorded with."""
        id = part["keyed_hash"].partition(":")[0] if isinstance(part.get("keyed_hash"), str) else next(iter(self.keys), None)
        if id not in self.keys:
            return None
        if id not in self.runs:
            key = hmac.new(self.keys[id], b"fourthlog winnowing 1", "sha256").digest()
            self.runs[id] = {sip_hash(key, self.normalized[i:i + 32]) for i in range(len(self.normalized) - 31)}
        try:
            recorded = base64.b64decode(part["winnow"] + "=" * (-len(part["winnow"]) % 4), altchars=b"-_", validate=True)
        except ValueError as e:
            raise Finding("its fingerprints are not base64url") from e
        if len(recorded) % 8:
            raise Finding("its fingerprints are not whole 64-bit hashes")
        return any(hash in self.runs[id] for (hash,) in struct.iter_unpack(">Q", recorded))


def sip_hash(key, run):
    """SipHash-2-4 of 32 bytes."""
    mask = (1 << 64) - 1
    k0, k1 = struct.unpack("<QQ", key[:16])
    a, b, c, d = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rotate(x, bits):
        return (x << bits | x >> 64 - bits) & mask

    def rounds(a, b, c, d, count):
        for _ in range(count):
            a, c = a + b & mask, c + d & mask
            b, d = rotate(b, 13) ^ a, rotate(d, 16) ^ c
            a, c = rotate(a, 32) + d & mask, c + b & mask
            b, d = rotate(b, 17) ^ c, rotate(d, 21) ^ a
            c = rotate(c, 32)
        return a, b, c, d

    for word in (*struct.unpack("<4Q", run), len(run) << 56):
        a, b, c, d = rounds(a, b, c, d ^ word, 2)
        a ^= word
    a, b, c, d = rounds(a, b, c ^ 0xFF, d, 4)
    return a ^ b ^ c ^ d


def installation_keys(folder):
    """By id: the key in use, and those that were before."""
    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    keys = {read("key-id").decode().strip(): read("key")}
    if os.path.exists(os.path.join(folder, "retired")):
        for line in read("retired").decode().splitlines():
            if line.strip():
                id, _, key = line.strip().partition(" ")
                keys.setdefault(id, unbase64(key.strip()))
    return keys


def check_equivocation(evidence, given):
    """That keys of a log signed two trees of one size."""
    trusted = [key for key in given if not key.is_witness and key.name == evidence["log"]]
    if all(key.is_witness for key in given):
        trusted = [key for key in map(Key, evidence["vkeys"]) if not key.is_witness and key.name == evidence["log"]]
    for note in evidence["successions"]:
        hand_over(note, evidence["log"], 0, trusted)
    held, offered = (signed_by_any(trusted, evidence[name], name, evidence["log"]) for name in ("held", "offered"))
    print(f"{evidence['log']}: held {held['size']} leaves, root {held['root'].hex()}; offered {offered['size']}, {offered['root'].hex()}")
    if evidence["root"] is None:
        raise Finding("it does not show two trees of one size: that entries do not lead from one to the other, the notes alone do not prove")
    root = unbase64(evidence["root"])
    if not is_continued(offered["size"], root, held["size"], held["root"], unbase64_hashes(evidence["consistency"])):
        raise Finding(f"the first {offered['size']} leaves of what is held do not have the root {root.hex()}")
    if root == offered["root"]:
        raise Finding("what is held continues what was offered")


def signed_by_any(trusted, note, name, origin):
    checkpoint = parse_checkpoint(note)
    if checkpoint["origin"] != origin:
        raise Finding(f"{name} is of {checkpoint['origin']}")
    verdicts = [key.verifies(checkpoint, s) for key in trusted for n, id, s in checkpoint["signatures"] if (n, id) == (key.name, key.id)]
    if not verdicts or not all(verdicts):
        raise Finding(f"no trusted key of the log has signed what is {name}")
    return checkpoint


def without_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NoBundle("a member stands twice")
    return members


NUMBER, TEXT, MAYBE = int, str, (str, type(None))
SHAPES = {
    "bundle": {"format": TEXT, "made_at": TEXT, "document": "document", "searched": "searched", "logs": ["log"], "events": ["leaf"], "gaps": ["leaf"]},
    "document": {"bytes": NUMBER, "sha256": MAYBE, "normalized_sha256": MAYBE, "keyed_hashes": [TEXT]},
    "searched": {"since": MAYBE, "until": MAYBE, "workload": MAYBE, "invocations": NUMBER, "parts": NUMBER, "gaps": NUMBER, "not_compared": {TEXT: NUMBER}},
    "log": {"origin": TEXT, "checkpoint": TEXT, "vkeys": [TEXT], "successions": [TEXT], "timestamps": ["stamped"]},
    "stamped": {"checkpoint": TEXT, "consistency": [TEXT], "statement": TEXT, "index": NUMBER, "path": [TEXT], "token": TEXT},
    "leaf": {"log": TEXT, "index": NUMBER, "entry": TEXT, "proof": [TEXT], "opened": "opened?", "matches": ["match"]},
    "opened": {"event": TEXT, "salt": TEXT},
    "match": {"field": TEXT, "likeness": TEXT},
    "equivocation": {
        "format": TEXT, "kind": TEXT, "message": TEXT, "detected": TEXT, "presented_by": TEXT, "log": TEXT, "vkeys": [TEXT],
        "successions": [TEXT], "held": TEXT, "offered": TEXT, "root": MAYBE, "consistency": [TEXT]},
}


def require(value, shape, place):
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise NoBundle(f"{place} is no list")
        for i, each in enumerate(value):
            require(each, shape[0], f"{place}[{i}]")
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            raise NoBundle(f"{place} is no object")
        for name, each in value.items():
            require(each, shape[TEXT], f"{place}.{name}")
    elif isinstance(shape, str) and shape.endswith("?") and value is None:
        return
    elif isinstance(shape, str):
        shape = shape.rstrip("?")
        if not isinstance(value, dict) or value.keys() != SHAPES[shape].keys():
            raise NoBundle(f"{place} does not have exactly the members {', '.join(SHAPES[shape])}")
        for name, each in SHAPES[shape].items():
            require(value[name], each, f"{place}.{name}")
    elif isinstance(value, bool) or not isinstance(value, shape) or (shape is NUMBER and not -1 << 63 <= value < 1 << 63):
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
    against = isinstance(bundle, dict) and bundle.get("format") == EQUIVOCATION
    require(bundle, "equivocation" if against else "bundle", "it")
    if not against and bundle["format"] != FORMAT:
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

    if bundle["format"] == EQUIVOCATION:
        attempt("evidence", lambda: check_equivocation(bundle, given))
        return findings, notes
    if document:
        attempt("document", lambda: document.check(bundle["document"]))
    for i, log in enumerate(bundle["logs"]):
        checkpoint = attempt(f"logs[{i}]", lambda: check_log(log, given))
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
                found = attempt(place, lambda: check_match(event, match, bundle["document"], document))
                if found:
                    print(f"  {found[0]}: {match['likeness']} at {match['field']}" + ("" if found[1] else ", claimed, not proven"))
    return findings, notes


def main():
    parser = argparse.ArgumentParser(description="Checks an evidence bundle of fourthlog prove, or evidence against a log.")
    parser.add_argument("bundle")
    parser.add_argument("--key", action="append", default=[], help="vkey of a log or witness that is trusted, or a file with one")
    parser.add_argument("--document", help="the document that it is about")
    parser.add_argument("--hmac", help="folder with the installation's key-id and key, for documents of which it is an excerpt")
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
        keys = installation_keys(options.hmac) if options.hmac else {}
        document = Document(options.document, keys) if options.document else None
        findings, notes = verify(bundle, given, document, options.timestamp_ca)
    except (NoBundle, Finding, OSError) as e:
        print(f"verify_bundle: {e}", file=sys.stderr)
        return 2
    for note in notes:
        print(note)
    for finding in findings:
        print(f"FOUND {finding}")
    if all(key.is_witness for key in given):
        print("keys as they stand in the bundle: it is whole, but not whose it is")
    if bundle["format"] == EQUIVOCATION:
        print("PROVES NOTHING" if findings else "PROVEN: the log signed two trees of one size")
    else:
        print("DOES NOT HOLD" if findings else "holds")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
