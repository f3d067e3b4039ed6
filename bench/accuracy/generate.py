#!/usr/bin/env python3
"""Writes the labelled corpus of the accuracy suite as JSON Lines {"id","text","label","value"} to standard output.

Every value is made up from a fixed seed, so that the corpus is the same everywhere and no scanner finds a live secret in this repository.
"label" is the family that has to be found around "value", or "none" for a hard negative, in which nothing may be found. Cases that a person
wrote are in cases.jsonl and are appended.
"""
import base64
import json
import pathlib
import random
import string
import sys
import urllib.parse
import uuid

random.seed(20260101)
R = random
COUNT = 0
LETTERS = string.ascii_letters
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def emit(label, text, value=None):
    global COUNT
    COUNT += 1
    json.dump({"id": f"{label}-{COUNT}", "label": label, "text": text, "value": value or ""}, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


def pick(alphabet, n):
    return "".join(R.choice(alphabet) for _ in range(n))


def digits(n):
    return pick(string.digits, n)


def luhn_digit(number):
    total = 0
    for i, c in enumerate(reversed(number)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


def card():
    prefix, length = R.choice([("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16), ("3530", 16), ("36", 14), ("4", 13)])
    body = prefix + digits(length - len(prefix) - 1)
    return body + luhn_digit(body)


def grouped(number):
    if len(number) == 16:
        parts = [number[i:i + 4] for i in range(0, 16, 4)]
    elif len(number) == 15:
        parts = [number[:4], number[4:10], number[10:]]
    else:
        return number
    return R.choice([" ", "-"]).join(parts)


IBANS = {"DE": (22, "d"), "FR": (27, "d"), "ES": (24, "d"), "GB": (22, "b"), "NL": (18, "b"), "IT": (27, "i"), "BE": (16, "d"), "AT": (20, "d"), "CH": (21, "d"), "PL": (28, "d"), "SE": (24, "d"), "NO": (15, "d"), "PT": (25, "d")}


def iban():
    country, (length, kind) = R.choice(list(IBANS.items()))
    n = length - 4
    if kind == "b":
        bban = pick(string.ascii_uppercase, 4) + digits(n - 4)
    elif kind == "i":
        bban = pick(string.ascii_uppercase, 1) + digits(n - 1)
    else:
        bban = digits(n)
    number = "".join(str(int(c, 36)) for c in bban + country + "00")
    return country + f"{98 - int(number) % 97:02d}" + bban


FIRST = "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Thomas Susan Anna Peter Maria Carlos Sofia Lucas Emma Hannah Felix Laura Marco Giulia Pierre Camille Priya Rahul Ananya Mohammed Fatima Olga Katarzyna Lars Ingrid".split()
LAST = "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Müller Schmidt Schneider Fischer Weber Dubois Moreau Laurent Rossi Russo Ferrari Kowalski Nowak Larsen Hansen Sharma Patel Gupta Khan Ivanov".split()
DOMAINS = "example.com example.org mail.example.net corp.example.co.uk test-company.de uni.example.edu startup.io example.fr".split()


def email():
    f, l = R.choice(FIRST).lower(), R.choice(LAST).lower().replace("ü", "ue")
    local = R.choice([f"{f}.{l}", f"{f}{l}", f"{f[0]}{l}", f"{f}_{l}{digits(2)}", f"{f}+news", f"{f}-{l}", f"{l}{digits(4)}"])
    return f"{local}@{R.choice(DOMAINS)}"


def ssn():
    area = R.choice([a for a in range(1, 900) if a != 666])
    return f"{area:03d}-{R.randint(1, 99):02d}-{R.randint(1, 9999):04d}"


def ipv4():
    first = R.choice([a for a in range(1, 224) if a != 127])
    return f"{first}.{R.randint(0, 255)}.{R.randint(0, 255)}.{R.randint(1, 254)}"


def ipv6():
    groups = [f"{R.randint(1, 65535):x}" for _ in range(8)]
    form = R.randint(0, 2)
    if form == 0:
        return ":".join(groups)
    if form == 1:
        return "2001:db8::" + ":".join(groups[:R.randint(2, 4)])
    return "fe80::" + ":".join(groups[:4])


def phone():
    area = R.choice(["212", "415", "646", "503", "312", "713", "206", "305"])
    us = (area, R.choice("23456789") + digits(2).replace("11", "12"), digits(4))
    return R.choice([
        "+1 ({}) {}-{}".format(*us), "+1-{}-{}-{}".format(*us), "({}) {}-{}".format(*us), "{}-{}-{}".format(*us), "{}.{}.{}".format(*us), "+1{}{}{}".format(*us),
        f"+44 20 {digits(4)} {digits(4)}", f"+44 7{digits(3)} {digits(6)}", f"020 7{digits(3)} {digits(4)}", f"+49 30 {digits(7)}", f"+49 170 {digits(7)}", f"0171 {digits(7)}", f"+33 6 {digits(2)} {digits(2)} {digits(2)} {digits(2)}",
        f"06 {digits(2)} {digits(2)} {digits(2)} {digits(2)}", f"+34 6{digits(2)} {digits(3)} {digits(3)}", f"+39 3{digits(2)} {digits(7)}", f"+91 98{digits(3)} {digits(5)}", f"+55 11 9{digits(4)}-{digits(4)}", f"+61 4{digits(2)} {digits(3)} {digits(3)}", f"+81 3-{digits(4)}-{digits(4)}"])


def verhoeff_digit(number):
    d = [[0,1,2,3,4,5,6,7,8,9],[1,2,3,4,0,6,7,8,9,5],[2,3,4,0,1,7,8,9,5,6],[3,4,0,1,2,8,9,5,6,7],[4,0,1,2,3,9,5,6,7,8],[5,9,8,7,6,0,4,3,2,1],[6,5,9,8,7,1,0,4,3,2],[7,6,5,9,8,2,1,0,4,3],[8,7,6,5,9,3,2,1,0,4],[9,8,7,6,5,4,3,2,1,0]]
    p = [[0,1,2,3,4,5,6,7,8,9],[1,5,7,6,2,8,3,0,9,4],[5,8,0,3,7,9,6,1,4,2],[8,9,1,6,0,4,3,5,2,7],[9,4,5,3,1,2,6,8,7,0],[4,2,8,6,5,7,3,9,0,1],[2,7,9,3,8,0,6,4,1,5],[7,0,4,6,9,1,3,2,5,8]]
    inv = [0,4,3,2,1,5,6,7,8,9]
    c = 0
    for i, x in enumerate(reversed(number)):
        c = d[c][p[(i + 1) % 8][int(x)]]
    return str(inv[c])


def national():
    kind = R.randint(0, 7)
    if kind == 0:
        n = R.randint(0, 99999999)
        return f"{n:08d}" + "TRWAGMYFPDXBNJZSQVHLCKE"[n % 23], "DNI {}"
    if kind == 1:
        n = [R.randint(0, 9) for _ in range(9)]
        for k in (10, 11):
            n.append(sum(a * b for a, b in zip(n, range(k, 1, -1))) * 10 % 11 % 10)
        s = "".join(map(str, n))
        return f"{s[:3]}.{s[3:6]}.{s[6:9]}-{s[9:]}", "CPF: {}"
    if kind == 2:
        s = R.choice("23456789") + digits(10)
        s += verhoeff_digit(s)
        return f"{s[:4]} {s[4:8]} {s[8:]}", "Aadhaar no. {}"
    if kind == 3:
        s = R.choice("ABCEGHJKLMNPRSTWXYZ") + R.choice("ABCEGHJKLMPRSTWXYZ")
        while s in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"):
            s = "AB"
        return s + digits(6) + R.choice("ABCD"), "NI number {}"
    if kind == 4:
        s = R.choice("12") + digits(2) + f"{R.randint(1, 12):02d}" + f"{R.randint(1, 95):02d}" + digits(6)
        return s + f"{97 - int(s) % 97:02d}", "numéro de sécurité sociale {}"
    if kind == 5:
        s = digits(8)
        s = "1" + s[1:]
        return s[:3] + " " + s[3:6] + " " + s[6:] + luhn_digit(s), "SIN {}"
    if kind == 6:
        n = [R.randint(0, 9) for _ in range(7)]
        total = sum(a * b for a, b in zip(n, [2, 7, 6, 5, 4, 3, 2]))
        return "S" + "".join(map(str, n)) + "JZIHGFEDCBA"[total % 11], "NRIC {}"
    s = pick(string.ascii_uppercase, 3) + R.choice("PCHF") + pick(string.ascii_uppercase, 1) + digits(4) + pick(string.ascii_uppercase, 1)
    return s, "PAN {}"


def secret():
    forms = [
        lambda: "ghp_" + pick(ALNUM, 36), lambda: "gho_" + pick(ALNUM, 36), lambda: "github_pat_" + pick(ALNUM, 22) + "_" + pick(ALNUM, 59), lambda: "glpat-" + pick(ALNUM, 20),
        lambda: "AKIA" + pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), lambda: "xoxb-" + digits(12) + "-" + digits(12) + "-" + pick(ALNUM, 24), lambda: "sk_live_" + pick(ALNUM, 24), lambda: "rk_test_" + pick(ALNUM, 24),
        lambda: "SG." + pick(ALNUM, 22) + "." + pick(ALNUM, 43), lambda: "AIza" + pick(ALNUM + "_-", 34) + pick(ALNUM, 1), lambda: "npm_" + pick(ALNUM, 36), lambda: "pypi-AgEIcHlwaS5vcmc" + pick(ALNUM, 80), lambda: "dop_v1_" + pick(HEX, 64),
        lambda: "hf_" + pick(LETTERS, 34), lambda: "sk-ant-" + "api03-" + pick(ALNUM, 93) + "AA", lambda: "sk-proj-" + pick(ALNUM, 58) + "T3BlbkFJ" + pick(ALNUM, 58), lambda: "sk-" + pick(ALNUM, 48), lambda: "shpat_" + pick(HEX, 32), lambda: "dapi" + pick(HEX, 32),
        lambda: "glsa_" + pick(ALNUM, 32) + "_" + pick(HEX, 8), lambda: "lin_api_" + pick(ALNUM, 40), lambda: "PMAK-" + pick(HEX, 24) + "-" + pick(HEX, 34), lambda: "pul-" + pick(HEX, 40), lambda: "hvs." + pick(ALNUM, 95), lambda: "tskey-auth-" + pick(ALNUM, 12) + "-" + pick(ALNUM, 30),
        lambda: "xkeysib-" + pick(HEX, 64) + "-" + pick(ALNUM, 16), lambda: "gsk_" + pick(ALNUM, 52), lambda: "r8_" + pick(ALNUM, 37), lambda: "figd_" + pick(ALNUM, 40), lambda: "AGE-SECRET-KEY-1" + pick("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
        lambda: "postgres://app:" + pick(ALNUM, 12) + "@db.internal:5432/orders", lambda: "mongodb+srv://root:" + pick(ALNUM + "!", 14) + "@cluster0.example.net/app", lambda: "redis://:" + pick(ALNUM, 16) + "@cache:6379/0",
        lambda: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + base64.urlsafe_b64encode(json.dumps({"sub": digits(10), "iat": R.randint(10**9, 2 * 10**9)}).encode()).decode().rstrip("=") + "." + pick(ALNUM + "_-", 43),
        lambda: "-----BEGIN RSA PRIVATE" + " KEY-----\n" + "\n".join(pick(ALNUM + "+/", 64) for _ in range(8)) + "\n-----END RSA PRIVATE" + " KEY-----",
    ]
    return R.choice(forms)()


def assigned():
    name, value = R.choice([
        ("password", lambda: pick(LETTERS, 5) + R.choice("!#$%") + digits(3)), ("DB_PASSWORD", lambda: pick(ALNUM, 12) + "9x"), ("api_key", lambda: pick(HEX, 32)), ("apiKey", lambda: pick(ALNUM, 32)), ("client_secret", lambda: pick(ALNUM, 40)), ("auth_token", lambda: pick(HEX, 40)),
        ("aws_secret_access_key", lambda: pick(ALNUM + "/+", 40)), ("access_token", lambda: pick(ALNUM, 24)), ("encryption_key", lambda: base64.b64encode(R.randbytes(32)).decode()), ("SECRET_KEY", lambda: pick(ALNUM, 50)), ("datadog_api_key", lambda: pick(HEX, 32)), ("twilio_auth_token", lambda: pick(HEX, 32))])
    v = value()
    form = R.choice(["{} = \"{}\"", "{}: {}", "{}={}", "\"{}\": \"{}\"", "{}: '{}'", "export {}={}", "<{0}>{1}</{0}>", "--{}={}"])
    return form.format(name, v), v


AROUND = ["{}", "Here it is: {}", "value={}", "{{\"v\":\"{}\"}}", "Please use {} from now on.", "({})", "- {}\n- next", "2026-11-24T01:56:00Z INFO got {} from client", "| a | {} | b |", "<td>{}</td>", "'{}',"]


def hidden(value):
    return R.choice([
        lambda: base64.b64encode(("note: " + value + " end").encode()).decode(),
        lambda: base64.urlsafe_b64encode(("note: " + value + " end").encode()).decode(),
        lambda: base64.b64encode(base64.b64encode(("note: " + value + " end").encode())).decode(),
        lambda: urllib.parse.quote(value, safe=""),
        lambda: "".join(f"%{b:02X}" for b in value.encode()),
        lambda: "".join(f"\\u{ord(c):04x}" for c in value),
        lambda: "".join(f"&#{ord(c)};" for c in value),
        lambda: value.encode().hex(),
        lambda: "".join(chr(ord(c) - 0x21 + 0xFF01) if "!" <= c <= "~" else c for c in value),
        lambda: "\u200b".join(value),
        lambda: value[:len(value) // 2] + "\u00ad" + value[len(value) // 2:]])()


def negatives():
    yield str(uuid.UUID(int=R.getrandbits(128)))
    yield pick(HEX, 40)
    yield "commit " + pick(HEX, 40)
    yield "sha256:" + pick(HEX, 64)
    yield "ISBN 978-" + R.choice("0123") + "-" + digits(2) + "-" + digits(6) + "-" + digits(1)
    yield f"order {digits(4)}-{digits(4)}-{digits(4)}"
    yield "order number " + "9" + digits(9)
    yield f"2026-{R.randint(1, 12):02d}-{R.randint(1, 28):02d}T{R.randint(0, 23):02d}:{R.randint(0, 59):02d}:{R.randint(0, 59):02d}.{digits(3)}Z"
    yield str(R.randint(1500000000, 1900000000))
    yield str(R.randint(1500000000000, 1900000000000))
    yield f"v{R.randint(0, 20)}.{R.randint(0, 40)}.{R.randint(0, 99)}-rc.{R.randint(1, 9)}+build.{digits(4)}"
    yield f"version {R.randint(0, 20)}.{R.randint(0, 40)}.{R.randint(0, 99)}.{R.randint(0, 99)}"
    yield "#" + pick(HEX, 6)
    yield f"rgba({R.randint(0, 255)}, {R.randint(0, 255)}, {R.randint(0, 255)}, 0.{digits(3)})"
    yield "!function(e,t){return e." + pick(LETTERS, 1) + digits(5) + "(t)}(window,\"" + pick(LETTERS, 8) + "\")"
    yield f"public_key = \"{pick(ALNUM + '+/', 60)}\""
    yield f"monkey: {pick(ALNUM, 12)}"
    yield f"keybindings = \"ctrl+shift+{pick(LETTERS, 1)}\""
    yield f"max_tokens={R.choice([256, 512, 1024, 4096, 8192])}"
    yield f"token_count: {digits(5)}"
    yield "password: ${DB_PASSWORD}"
    yield "password = os.environ[\"APP_PASSWORD\"]"
    yield "api_key: <your-api-key>"
    yield "secretName: " + R.choice(["db-credentials", "tls-cert", "api-keys"])
    yield "token = get_token(user)"
    yield f"if (password.length < {R.randint(6, 16)}) {{ return false; }}"
    yield "AKIAIOSFODNN7EXAMPLE"
    yield "ghp_" + "x" * 36
    yield "sk-" + "x" * 48
    yield f"tracking 1Z{pick('ABCDEFGHJKLMNPRSTUVWXYZ', 3)}{digits(3)}{digits(10)}"
    yield f"{R.randint(1, 999)}.{digits(10)}"
    yield f"0x{pick(HEX, 16)}"
    yield f"arn:aws:iam::{digits(12)}:role/{pick(LETTERS, 8)}"
    yield "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA" + pick(ALNUM + "+/", 60)
    yield f"pkg:npm/%40scope/name@{R.randint(1, 9)}.{R.randint(0, 20)}.{R.randint(0, 9)}"
    yield f"react@{R.randint(15, 19)}.{R.randint(0, 9)}.{R.randint(0, 9)}"
    yield f"git@github.com:{pick(string.ascii_lowercase, 6)}/repo.git"
    yield f"logo@2x.png, icon@3x.webp"
    bad = card()
    yield "card-like " + bad[:-1] + str((int(bad[-1]) + R.randint(1, 9)) % 10)
    bad = iban()
    yield "account " + bad[:2] + f"{(int(bad[2:4]) + 1) % 97:02d}" + bad[4:]
    yield f"000-{digits(2)}-{digits(4)}"
    yield f"{R.randint(1, 12)} of {R.randint(13, 99)} items, {R.randint(100, 999)} ms, {R.randint(1, 99)}.{digits(1)} %"
    yield f"lat {R.randint(-89, 89)}.{digits(6)}, lon {R.randint(-179, 179)}.{digits(6)}"
    yield f"SKU {pick(string.ascii_uppercase, 3)}-{digits(5)}"
    yield f"E{digits(3)}: unexpected token at line {digits(3)}"
    yield "etag: W/\"" + pick(HEX, 32) + "\""
    yield "integrity=\"sha384-" + pick(ALNUM + "+/", 64) + "\""
    yield "The secretary keeps the secret ingredient of the passage in a password-protected key ring."
    yield "class=\"sk-fading-circle sk-circle" + str(R.randint(1, 12)) + "\""
    yield "10:15:30 up 12 days, load 0.15, 0.20, 0.18"
    yield "New York City, Kubernetes Service Account, Visual Studio Code, Spring Boot"


def main():
    for _ in range(150):
        for label, value in (("card", card()), ("iban", iban()), ("email", email()), ("ssn", ssn()), ("ip", R.choice([ipv4, ipv4, ipv6])())):
            shown = grouped(value) if label == "card" and R.random() < 0.6 else value
            if label == "iban" and R.random() < 0.4:
                shown = " ".join(value[i:i + 4] for i in range(0, len(value), 4))
            emit(label, R.choice(AROUND).format(shown), shown)
    for _ in range(300):
        value = phone()
        emit("phone", R.choice(["call me at {}", "Tel: {}", "{}", "phone {}", "My number is {}, thanks", "{{\"phone\":\"{}\"}}", "reach us on {} any time"]).format(value), value)
    for _ in range(200):
        value, form = national()
        emit("national-id", form.format(value), value)
    for _ in range(420):
        value = secret()
        emit("secret", R.choice(AROUND).format(value), value)
    for _ in range(180):
        text, value = assigned()
        emit("secret", text, value)
    for _ in range(150):
        value = R.choice([card, iban, email, ssn, secret])()
        label = "hidden"
        emit(label, R.choice(["x {} y", "{{\"data\":\"{}\"}}", "payload={}"]).format(hidden(value)), value)
    for _ in range(150):
        name = f"{R.choice(FIRST)} {R.choice(LAST)}"
        emit("person", R.choice(["Please contact {} about it.", "{{\"name\":\"{}\"}}", "Dear {},", "signed by {} today", "{} wrote this.", "my name is {}", "the customer, {}, agreed", "Dr. {} will see you"]).format(name), name)
    streets = ["Main Street", "Oak Avenue", "Elm Drive", "Maple Road", "Park Lane", "Sunset Boulevard", "King Street", "Church Road"]
    for _ in range(100):
        value = R.choice([f"{R.randint(1, 9999)} {R.choice(streets)}", f"{R.choice(['Haupt', 'Bahnhof', 'Garten', 'Schiller'])}straße {R.randint(1, 200)}", f"{R.randint(1, 99)} rue de la {R.choice(['Paix', 'Liberté', 'Gare'])}", f"P.O. Box {digits(4)}"])
        emit("address", R.choice(["ship it to {}", "Address: {}", "{{\"address\":\"{}\"}}", "I live at {} now"]).format(value), value)
    for _ in range(60):
        value = f"{R.randint(1940, 2010)}-{R.randint(1, 12):02d}-{R.randint(1, 28):02d}"
        emit("date-of-birth", R.choice(["DOB: {}", "born on {}", "date of birth {}", "{{\"birthDate\":\"{}\"}}"]).format(value), value)
    for _ in range(60):
        text, value = R.choice([("MRN: {}", "00" + digits(6)), ("diagnosed with {}", R.choice(["asthma", "diabetes", "hypertension", "pneumonia"])), ("ICD-10: {}", R.choice(["E11.9", "I10", "J45.909", "F32.1"])), ("{} 20 mg daily", R.choice(["lisinopril", "atorvastatin", "omeprazole", "sertraline"]))])
        emit("health", text.format(value), value)
    for _ in range(24):
        for text in negatives():
            emit("none", text)
    hand = pathlib.Path(__file__).with_name("cases.jsonl")
    for line in hand.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        emit(case["label"], case["text"], case.get("value", ""))


main()
