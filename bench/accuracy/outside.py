#!/usr/bin/env python3
"""Measures `fourthlog redact` on sets that others made and that registries have: made-up people of faker in 50 locales, example numbers of
libphonenumber for every region, the examples in python-stdnum's documentation, and the true and false positives of gitleaks' rules.

usage: outside.py [WORK_FOLDER]     needs dist/ (make build), python3-venv, and Go for gitleaks; nothing of the sets is kept in this repository

Prints for each set and label how many values there are, how many of them a finding of the label lies over, and how many texts without one are
flagged; what was missed is left in WORK_FOLDER/misses.txt. A finding that is next to a value in the same text is no false alarm: only one value of each text is labelled.
"""
import collections
import importlib
import json
import pathlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile

PACKAGES = ["faker==40.63.0", "phonenumbers==9.0.43", "python-stdnum==2.2"]
GITLEAKS = "github.com/zricethezav/gitleaks/v8@v8.30.1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCALES = """ar_SA bg_BG cs_CZ da_DK de_AT de_CH de_DE el_GR en_AU en_CA en_GB en_IE en_IN en_NZ en_PH en_US es_AR es_CL es_CO es_ES es_MX et_EE fi_FI
    fr_CA fr_CH fr_FR he_IL hi_IN hr_HR hu_HU id_ID it_IT ja_JP ko_KR lt_LT lv_LV ne_NP nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO ru_RU sk_SK sl_SI sv_SE
    th_TH tr_TR uk_UA vi_VN zh_CN zh_TW""".split()
WORLDWIDE = ("en_US", "de_DE", "fr_FR", "en_GB")  # where a kind of value is the same in every locale
FAKER = {  # kind of value: its tags, whether it differs from country to country, sentences
    "name": (["PII:person"], True, ["My colleague {} joined the call.", "Please forward this to {}, who approved it.", '{"customer_name": "{}"}']),
    "address": (["PII:address"], True, ["Deliver the parcel to {}", '{"shipping_address": "{}"}', "Address: {}"]),
    "phone_number": (["PII:phone"], True, ["Call me on {} after five.", "phone={}", "The number we have on file is {}."]),
    "iban": (["PII:iban"], True, ["Transfer it to {} by Monday.", '{"iban":"{}"}']),
    "ssn": (["PII:"], True, ["Her national id is {}.", '{"ssn": "{}"}']),
    "email": (["PII:email"], True, ["Send it to {} please.", '{"contact":"{}"}']),
    "credit_card_number": (["PCI:pan"], False, ["Charge {} for the order.", '{"card": "{}"}']),
    "ipv4": (["PII:ip"], False, ["Blocked {} at the edge."]),
    "ipv6": (["PII:ip"], False, ["Blocked {} at the edge."]),
    "mac_address": (["PII:mac"], False, ["The NIC {} is down."]),
    "date_of_birth": (["PII:date-of-birth"], True, ["Born on {}.", '{"dob":"{}"}']),
    "password": (["secret:"], False, ['{"password": "{}"}', "password={}"]),
}


def faker_cases():
    faker = importlib.import_module("faker")
    for locale in LOCALES:
        faker.Faker.seed(7)
        fake = faker.Faker(locale)
        for kind, (tags, national, sentences) in FAKER.items():
            if not national and locale not in WORLDWIDE:
                continue
            for i in range(40 if kind == "credit_card_number" else 12):
                try:
                    value = str(getattr(fake, kind)())
                except AttributeError:
                    break  # the locale has none
                sentence = sentences[i % len(sentences)]
                shown = json.dumps(value, ensure_ascii=False)[1:-1] if '"' in sentence else value
                before, after = sentence.rsplit("{}", 1)
                yield kind, tags, before + shown + after, (len(before), len(before) + len(shown))


def phone_cases():
    phones = importlib.import_module("phonenumbers")
    for region in sorted(phones.SUPPORTED_REGIONS):
        for kind in (phones.PhoneNumberType.FIXED_LINE, phones.PhoneNumberType.MOBILE):
            number = phones.example_number_for_type(region, kind)
            if number is None:
                continue
            for form, before in (("E164", "Reach her at "), ("INTERNATIONAL", "Reach her at "), ("NATIONAL", "Phone: "), ("RFC3966", "")):
                value = phones.format_number(number, getattr(phones.PhoneNumberFormat, form))
                yield form.lower(), ["PII:phone"], f"{before}{value} until Friday.", (len(before), len(before) + len(value))


def number_cases():
    doctest = importlib.import_module("doctest")
    stdnum = importlib.import_module("stdnum")
    kinds = {"iban": "PII:iban", "us.ssn": "PII:us-ssn", "us.itin": "PII:us-itin", "gb.nhs": "PII:uk-nhs", "de.idnr": "PII:de-tax-id", "fr.nir": "PII:fr-nir", "es.dni": "PII:es-dni",
             "es.nie": "PII:es-dni", "it.codicefiscale": "PII:it-codice-fiscale", "in_.aadhaar": "PII:in-aadhaar", "in_.pan": "PII:in-pan", "br.cpf": "PII:br-cpf", "br.cnpj": "PII:br-cnpj",
             "au.tfn": "PII:au-tfn", "au.abn": "PII:au-abn", "ca.sin": "PII:ca-sin", "il.idnr": "PII:il-id", "nl.bsn": "PII:nl-bsn", "pl.pesel": "PII:pl-pesel", "se.personnummer": "PII:se-personnummer",
             "fi.hetu": "PII:fi-hetu", "ch.ssn": "PII:ch-ahv", "cn.ric": "PII:cn-resident-id", "kr.rrn": "PII:kr-rrn", "luhn": "PCI:pan"}
    names = {"gb.nhs": "NHS number", "de.idnr": "Steuer-ID", "au.tfn": "TFN", "au.abn": "ABN", "ca.sin": "SIN", "il.idnr": "Teudat Zehut", "nl.bsn": "BSN", "pl.pesel": "PESEL", "br.cpf": "CPF",
             "br.cnpj": "CNPJ", "in_.aadhaar": "Aadhaar", "us.ssn": "SSN", "us.itin": "ITIN"}
    for module in pkgutil.walk_packages(stdnum.__path__, "stdnum."):
        kind = module.name.removeprefix("stdnum.")
        doc = importlib.import_module(module.name).__doc__ if kind in kinds and kind != "luhn" else None
        for example in doctest.DocTestParser().get_examples(doc or ""):
            call = re.fullmatch(r"(?:\w+\.)?(?:validate|is_valid)\((['\"])(.*?)\1\)\s*", example.source)
            if call:
                before = f"{names[kind]} " if kind in names else ""
                valid = not example.exc_msg and example.want.strip() != "False"
                yield kind, [kinds[kind]], before + call.group(2), (len(before), len(before) + len(call.group(2))) if valid else None


def gitleaks_cases(work):
    """The examples of each rule, which gitleaks makes from its expressions when it writes its configuration: a copy of it is made to print them."""
    folder = json.loads(subprocess.run(["go", "mod", "download", "-json", GITLEAKS], check=True, capture_output=True, text=True, cwd=work).stdout)["Dir"]
    copy = work / "gitleaks"
    shutil.copytree(folder, copy)
    subprocess.run(["chmod", "-R", "u+w", copy], check=True)
    validate = copy / "cmd/generate/config/utils/validate.go"
    source = validate.read_text(encoding="utf-8")
    for kind, line in (("true", "for _, tp := range truePositives {"), ("false", "for _, fp := range falsePositives {")):
        source = source.replace(line, f"{line}\n\t\tprintExample(r.RuleID, \"{kind}\", {line.split()[2]})")
    validate.write_text(source, encoding="utf-8")
    validate.with_name("print.go").write_text(
        'package utils\n\nimport (\n\t"encoding/json"\n\t"fmt"\n)\n\nfunc printExample(fields ...string) {\n\tline, _ := json.Marshal(fields)\n\tfmt.Println(string(line))\n}\n', encoding="utf-8")
    printed = subprocess.run(["go", "run", ".", str(work / "gitleaks.toml")], cwd=copy / "cmd/generate/config", check=True, capture_output=True, text=True).stdout
    seen = collections.Counter()
    for line in printed.splitlines():
        rule, kind, text = json.loads(line)
        seen[rule, kind] += 1
        if seen[rule, kind] <= 60 and text:
            yield "secret" if kind == "true" else "no secret of a rule", ["secret:"], text, (0, len(text)) if kind == "true" else None


def utf16(text, index):
    return len(text[:index].encode("utf-16-le")) // 2


def measure(name, cases, misses):
    cases = list(cases)
    lines = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, (_, _, text, _) in enumerate(cases))
    done = subprocess.run([ROOT / "dist/bin/fourthlog", "redact"], input=lines, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise SystemExit(done.stderr)
    findings = {d["id"]: d["findings"] for d in map(json.loads, done.stdout.splitlines())}
    rows = collections.defaultdict(lambda: [0, 0, 0, 0])  # values, found, texts without one, flagged
    for i, (label, tags, text, span) in enumerate(cases):
        of_label = [f for f in findings[str(i)] if any(f["tag"].startswith(tag) for tag in tags)]
        row = rows[label]
        if span is None:
            row[2] += 1
            row[3] += bool(of_label)
        else:
            start, end = utf16(text, span[0]), utf16(text, span[1])
            found = any(f["start"] < end and start < f["end"] for f in of_label)
            row[0] += 1
            row[1] += found
            if not found:
                print(name, label, text[span[0]:span[1]], "in", text, file=misses)
    for label, (values, found, negatives, flagged) in sorted(rows.items()):
        recall = f"{found / values:.3f}" if values else ""
        print(f"{name:14} {label:20} {values:6} {recall:>7} {negatives:6} {flagged:7}")


def main():
    work = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()).resolve()
    work.mkdir(parents=True, exist_ok=True)
    site = work / "packages"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", site, *PACKAGES], check=True)
    sys.path.insert(0, str(site))
    print(f"{'set':14} {'label':20} {'values':>6} {'recall':>7} {'others':>6} {'flagged':>7}")
    with (work / "misses.txt").open("w", encoding="utf-8") as misses:
        measure("faker", faker_cases(), misses)
        measure("libphonenumber", phone_cases(), misses)
        measure("python-stdnum", number_cases(), misses)
        measure("gitleaks", gitleaks_cases(work), misses)
    print(f"what was missed: {work / 'misses.txt'}")


main()
