package io.fourthlog.redaction.detect;

import java.util.List;

/** Values that only the word before them makes sensitive. */
final class LabelledValues {

    private LabelledValues() {}

    static List<Detector> all() {
        return List.of(
                new Labelled(
                        Documentation.of("PCI:cvv")
                                .summary("Card verification codes of three or four digits behind their name")
                                .source("PCI DSS 4.0, requirement 3.3.1.2")
                                .finds("CVV: 123", "{\"cvc\":\"4567\"}", "security code is 987")
                                .passes("CVV: 12", "CVV is on the back", "code 123"),
                        LabelledValues::cvv,
                        "cvv",
                        "cvc",
                        "cvv2",
                        "cvc2",
                        "security code",
                        "security_code",
                        "card verification",
                        "securitycode"),
                new Labelled(
                        Documentation.of("PCI:expiry")
                                .summary("Expiry dates of cards: month and year behind a word that says so")
                                .validator("month")
                                .source("PCI DSS 4.0")
                                .finds("exp 12/27", "expiry: 01/2029", "valid thru 11/30")
                                .passes("exp 13/27", "expires in 12 days", "expr 12/27"),
                        LabelledValues::expiry,
                        "exp",
                        "expiry",
                        "expiration",
                        "expires",
                        "valid thru",
                        "valid until",
                        "exp_date",
                        "expdate"),
                new Labelled(
                        Documentation.of("PII:date-of-birth")
                                .summary("Dates behind a word for birth")
                                .validator("calendar")
                                .source("ISO 8601; CLDR date formats")
                                .finds(
                                        "DOB: 1980-02-29",
                                        "born on 3 March 1975",
                                        "date of birth: 12/31/1999",
                                        "geboren am 01.02.1990",
                                        "birthDate\":\"1970-01-01\"")
                                .passes("DOB: unknown", "released on 1980-02-29", "born in 2019 commits"),
                        LabelledValues::date,
                        "dob",
                        "d.o.b",
                        "date of birth",
                        "date_of_birth",
                        "dateofbirth",
                        "birthdate",
                        "birth date",
                        "birth_date",
                        "birthday",
                        "born on",
                        "born:",
                        "born ",
                        "geboren",
                        "geburtsdatum",
                        "né le",
                        "née le",
                        "date de naissance",
                        "fecha de nacimiento",
                        "nacido",
                        "data di nascita",
                        "nascimento",
                        "geboortedatum"),
                new Labelled(
                        Documentation.of("PII:passport")
                                .summary("Passport numbers behind their name")
                                .validator("length, at least five digits")
                                .source("ICAO 9303")
                                .finds(
                                        "passport number: C01X00T47",
                                        "Passport No. 123456789",
                                        "\"passportNumber\":\"AB1234567\"")
                                .passes("passport.js 0.4.1", "passport control at 12", "passport office"),
                        LabelledValues::passport,
                        "passport",
                        "pasaporte",
                        "passeport",
                        "passnummer",
                        "pass-nr",
                        "travel document"),
                new Labelled(
                        Documentation.of("PII:drivers-license")
                                .summary("Driver's licence numbers behind their name")
                                .validator("length, at least four digits")
                                .source("AAMVA; DVLA")
                                .finds(
                                        "driver's license: D1234567",
                                        "DL number S123-4567-8901",
                                        "driving licence MORGA657054SM9IJ")
                                .passes("driver license agreement", "driver version 12345"),
                        LabelledValues::licence,
                        "driver's lic",
                        "drivers lic",
                        "driver lic",
                        "driver_lic",
                        "driverslic",
                        "driverlic",
                        "driving lic",
                        "dl number",
                        "dl no",
                        "dl#",
                        "führerschein",
                        "permis de conduire",
                        "licencia de conducir"),
                new Labelled(
                        Documentation.of("PII:us-bank-routing")
                                .locale("US")
                                .summary("ABA routing numbers behind their name")
                                .validator("weights mod 10")
                                .source("www.aba.com")
                                .finds("routing number 021000021")
                                .passes("routing number 021000022", "routing table 5"),
                        LabelledValues::routing,
                        "routing",
                        "aba"),
                new Labelled(
                        Documentation.of("PII:bank-account")
                                .summary("Bank account numbers behind their name")
                                .validator("8 to 17 digits")
                                .source("NACHA")
                                .finds("account number: 000123456789", "acct no 12345678", "bank account 9876543210")
                                .passes("account number: 1234", "account 2026"),
                        LabelledValues::account,
                        "account number",
                        "account no",
                        "account_number",
                        "accountnumber",
                        "acct",
                        "bank account",
                        "bank_account",
                        "kontonummer",
                        "account #",
                        "account:"),
                new Labelled(
                        Documentation.of("PHI:mrn")
                                .summary("Medical record numbers behind their name")
                                .validator("at least five digits")
                                .source("45 CFR 164.514(b)(2)(i)(H)")
                                .finds(
                                        "MRN: 00123456",
                                        "medical record number A-1234567",
                                        "\"patient_id\":\"P12345678\"",
                                        "seen today (MRN-6028417)")
                                .passes("MRN unknown", "patient id missing", "medical record of 2019"),
                        LabelledValues::record,
                        "mrn",
                        "medical record",
                        "medical_record",
                        "patient id",
                        "patient_id",
                        "patientid",
                        "patient number",
                        "chart number",
                        "patient no",
                        "record number"),
                new Labelled(
                        Documentation.of("PHI:npi")
                                .locale("US")
                                .summary("National provider identifiers behind their name")
                                .validator("Luhn with the prefix 80840")
                                .source("45 CFR 162.406")
                                .finds("NPI 1234567893")
                                .passes("NPI 1234567890", "1234567893"),
                        LabelledValues::npi,
                        "npi",
                        "national provider"),
                new Labelled(
                        Documentation.of("PHI:dea")
                                .locale("US")
                                .summary("DEA registration numbers behind their name")
                                .validator("check digit")
                                .source("21 CFR 1301")
                                .finds("DEA number: AB1234563", "DEA# BS9999991 and no", "DEA F91234563")
                                .passes("DEA number: AB1234564", "DEA agents 12345"),
                        LabelledValues::dea,
                        "dea"),
                new Labelled(
                        Documentation.of("PHI:health-plan-id")
                                .summary("Health plan and Medicare beneficiary numbers behind their name")
                                .validator("at least five digits")
                                .source("45 CFR 164.514(b)(2)(i)(I)")
                                .finds(
                                        "member ID: XEH123456789",
                                        "Medicare number 1EG4-TE5-MK73",
                                        "insurance policy number 99887766")
                                .passes("member id required", "Medicare 2024"),
                        LabelledValues::plan,
                        "member id",
                        "member_id",
                        "memberid",
                        "subscriber id",
                        "policy number",
                        "medicare number",
                        "medicare id",
                        "health plan",
                        "insurance id",
                        "insurance number",
                        "group number",
                        "insurance:",
                        "insurance_id",
                        "insurance no",
                        "policy no",
                        "policy #",
                        "beneficiary"),
                new Labelled(
                        Documentation.of("PHI:diagnosis")
                                .summary("ICD-10 codes behind a word for diagnosis")
                                .validator("form of a code")
                                .source("WHO ICD-10; https://www.cms.gov/medicare/coding-billing/icd-10-codes")
                                .finds("ICD-10: E11.9", "diagnosis code F32.1", "Dx: J45")
                                .passes("E11.9", "diagnosis of the outage: P1", "ICD-10 chapter"),
                        LabelledValues::icd10,
                        "icd",
                        "icd-10",
                        "icd10",
                        "diagnos",
                        "dx:",
                        "dx ",
                        "diag:"));
    }

    private static int cvv(byte[] text, int from, int to, int at) {
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        return (end - at == 3 || end - at == 4) && Digits.beginAt(text, from, at) && Digits.endAt(text, to, end)
                ? end
                : -1;
    }

    private static int expiry(byte[] text, int from, int to, int at) {
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        int month = end - at > 2 ? -1 : Digits.number(text, to, at, end - at);
        boolean separated = Bytes.has(text, at, to, end, '/') || Bytes.has(text, at, to, end, '-');
        int last = Bytes.runEnd(text, Math.min(to, end + 1), to, Bytes.DIGIT);
        int digits = last - end - 1;
        return month >= 1
                        && month <= 12
                        && separated
                        && (digits == 2 || (digits == 4 && text[end + 1] == '2'))
                        && !Bytes.has(text, at, to, last, '/')
                        && Digits.beginAt(text, from, at)
                ? last
                : -1;
    }

    /** 1980-02-29, 29/02/1980, 2/29/80, 29.2.1980, 29 February 1980, February 29, 1980. */
    private static int date(byte[] text, int from, int to, int at) {
        if (Bytes.is(text[at], Bytes.LETTER)) {
            int end = Months.end(text, to, at);
            return end < 0 ? -1 : dayAndYear(text, to, end);
        }
        int first = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        if (first == at || first - at > 8 || first >= to || !Bytes.beginsAt(text, from, at, Bytes.WORD)) {
            return -1;
        }
        if (first - at == 8) { // 19800229
            int year = Digits.number(text, to, at, 4);
            int month = Digits.number(text, to, at + 4, 2);
            return year > 1900 && year < 2100 && month >= 1 && month <= 12 ? first : -1;
        }
        byte separator = text[first];
        if (separator == ' ' || separator == '.' || Bytes.is(separator, Bytes.LETTER)) {
            int word = first;
            while (word < to
                    && word - first < 4
                    && (Bytes.is(text[word], Bytes.LETTER | Bytes.SPACE) || text[word] == '.')
                    && Months.end(text, to, word) < 0) {
                word++;
            }
            int month = first - at <= 2 ? Months.end(text, to, word) : -1;
            if (month >= 0) {
                return year(text, to, month);
            }
        }
        if (separator != '-' && separator != '/' && separator != '.') {
            return -1;
        }
        int second = Bytes.runEnd(text, first + 1, to, Bytes.DIGIT);
        if (second - first < 2 || second - first > 3 || !Bytes.has(text, at, to, second, (char) separator)) {
            return -1;
        }
        int third = Bytes.runEnd(text, second + 1, to, Bytes.DIGIT);
        int a = Digits.number(text, to, at, first - at);
        int b = Digits.number(text, to, first + 1, second - first - 1);
        int c = third - second > 5 ? -1 : Digits.number(text, to, second + 1, third - second - 1);
        boolean yearFirst = first - at == 4 && a > 1850 && a < 2100 && b >= 1 && b <= 12 && c >= 1 && c <= 31;
        boolean yearLast = first - at <= 2
                && a >= 1
                && b >= 1
                && a <= 31
                && b <= 31
                && (a <= 12 || b <= 12)
                && (third - second == 3 || (third - second == 5 && c > 1850 && c < 2100));
        return yearFirst || yearLast ? third : -1;
    }

    private static int dayAndYear(byte[] text, int to, int at) {
        int i = Bytes.has(text, at, to, at, ' ') ? at + 1 : at;
        int end = Bytes.runEnd(text, i, to, Bytes.DIGIT);
        if (end == i || end - i > 2) {
            return -1;
        }
        while (end < to && (Bytes.is(text[end], Bytes.LOWER) || text[end] == ',')) {
            end++; // 29th,
        }
        return year(text, to, end);
    }

    private static int year(byte[] text, int to, int at) {
        int i = at;
        while (i < to && i - at < 3 && (text[i] == ' ' || text[i] == ',' || text[i] == '.')) {
            i++;
        }
        int year = Digits.number(text, to, i, 4);
        return year > 1850 && year < 2100 && !Bytes.is(text, at, to, i + 4, Bytes.WORD) ? i + 4 : -1;
    }

    private static int passport(byte[] text, int from, int to, int at) {
        return code(text, from, to, at, 6, 10, 5, "");
    }

    private static int licence(byte[] text, int from, int to, int at) {
        return code(text, from, to, at, 5, 20, 4, "-");
    }

    private static int record(byte[] text, int from, int to, int at) {
        return code(text, from, to, at, 5, 14, 5, "-", "mrn-");
    }

    private static int plan(byte[] text, int from, int to, int at) {
        return code(text, from, to, at, 6, 16, 5, "-");
    }

    private static int account(byte[] text, int from, int to, int at) {
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        return end - at >= 8
                        && end - at <= 17
                        && Digits.beginAt(text, from, at)
                        && Digits.endAt(text, to, end)
                        && !CheckDigits.same(text, at, end)
                ? end
                : -1;
    }

    private static int routing(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, "-");
        return end > 0
                        && Digits.beginAt(text, from, at)
                        && CheckDigits.weighted(text, at, 3, 7, 1, 3, 7, 1, 3, 7, 1) % 10 == 0
                        && !CheckDigits.same(text, at, end)
                ? end
                : -1;
    }

    private static int npi(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 10, "");
        if (end < 0 || (text[at] != '1' && text[at] != '2')) {
            return -1;
        }
        int sum = 24; // of the prefix 80840
        for (int n = 0; n < 10; n++) {
            int value = CheckDigits.digit(text, at, n) << (n % 2 == 0 ? 1 : 0);
            sum += value > 9 ? value - 9 : value;
        }
        return sum % 10 == 0 ? end : -1;
    }

    private static int dea(byte[] text, int from, int to, int at) {
        int digits = at + 2;
        if (Digits.number(text, to, digits, 7) < 0
                || !Bytes.is(text[at], Bytes.UPPER)
                || !(Bytes.is(text[at + 1], Bytes.UPPER) || text[at + 1] == '9')
                || Bytes.is(text, from, to, at + 9, Bytes.WORD)) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, digits, 1, 2, 1, 2, 1, 2);
        return sum % 10 == text[digits + 6] - '0' ? at + 9 : -1;
    }

    private static int icd10(byte[] text, int from, int to, int at) {
        boolean category = Bytes.is(text[at], Bytes.UPPER)
                && text[at] != 'U'
                && Bytes.is(text, from, to, at + 1, Bytes.DIGIT)
                && Bytes.is(text, from, to, at + 2, Bytes.DIGIT | Bytes.UPPER)
                && Bytes.beginsAt(text, from, at, Bytes.WORD);
        if (!category) {
            return -1;
        }
        int end = at + 3;
        if (Bytes.has(text, from, to, end, '.')) {
            int sub = Bytes.runEnd(text, end + 1, to, Bytes.DIGIT | Bytes.UPPER);
            end = sub > end + 1 && sub - end <= 5 ? sub : end;
        }
        return Bytes.is(text, from, to, end, Bytes.WORD) ? -1 : end;
    }

    private static int code(byte[] text, int from, int to, int at, int least, int most, int digits, String separators) {
        return code(text, from, to, at, least, most, digits, separators, "");
    }

    /**
     * Index after upper-case letters and digits, of which at least some are digits.
     *
     * @param prefix what a code may be joined to, for it is a part of it; in lower case
     */
    private static int code(
            byte[] text, int from, int to, int at, int least, int most, int digits, String separators, String prefix) {
        boolean joined = !prefix.isEmpty()
                && at - prefix.length() >= from
                && Bytes.startsWithIgnoreCase(text, at - prefix.length(), to, prefix);
        if (!Bytes.is(text[at], Bytes.UPPER | Bytes.DIGIT) || !(joined || Digits.beginAt(text, from, at))) {
            return -1;
        }
        int i = at;
        int found = 0;
        int length = 0;
        while (i < to
                && (Bytes.is(text[i], Bytes.UPPER | Bytes.DIGIT)
                        || (separators.indexOf(text[i]) >= 0
                                && Bytes.is(text, at, to, i + 1, Bytes.UPPER | Bytes.DIGIT)))) {
            found += Bytes.is(text[i], Bytes.DIGIT) ? 1 : 0;
            length += text[i] == '-' ? 0 : 1;
            i++;
        }
        return length >= least && length <= most && found >= digits && !Bytes.is(text, at, to, i, Bytes.WORD) ? i : -1;
    }

    /** Names of months, whole or by their first three letters. */
    private static final class Months {

        private static final String[] NAMES = {
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
            "januar",
            "februar",
            "märz",
            "mai",
            "juni",
            "juli",
            "oktober",
            "dezember",
            "janvier",
            "février",
            "mars",
            "avril",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre"
        };

        static int end(byte[] text, int to, int at) {
            for (String name : NAMES) {
                int whole = name.length();
                if (Bytes.startsWithIgnoreCase(text, at, to, name)
                        && !Bytes.is(text, at, to, at + whole, Bytes.LETTER)) {
                    return at + whole;
                }
                if (whole > 3
                        && Bytes.startsWithIgnoreCase(text, at, to, name.substring(0, 3))
                        && !Bytes.is(text, at, to, at + 3, Bytes.LETTER)) {
                    return at + 3;
                }
            }
            return -1;
        }
    }
}
