package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.List;

/**
 * Numbers by which countries know their people. Those that a check digit and a form of their own make sure are found anywhere; those
 * that any number could be are found behind their name.
 */
final class NationalIds {

    private static final String BEFORE = "^A-Za-z_+./)" + ByteSet.BEYOND + "-";
    private static final String NO_WORD = "^0-9A-Za-z_";
    private static final String DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
    private static final String NRIC_ST = "JZIHGFEDCBA";
    private static final String NRIC_FG = "XWUTRQPNMLK";
    private static final String NRIC_M = "KLJNPQRTUWX";
    private static final String HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    private static final String FISCAL_ODD =
            "BAKPLCQDREVOSFTGUHMINJWZYX"; // place of a letter is its value at odd places
    private static final String CN_CHECK = "10X98765432";

    private static final int MIN_NAMED = 6; // digits
    private static final int MAX_NAMED = 26; // characters

    /** What countries call the number of a person. */
    private static final String[] NAMES = {
        "national id",
        "national_id",
        "nationalid",
        "national identification",
        "identity number",
        "identity card",
        "id card",
        "id number",
        "personal code",
        "personal id",
        "resident registration",
        "cédula",
        "cedula",
        "curp",
        "personnummer",
        "personnr",
        "fødselsnummer",
        "rodné",
        "kimlik",
        "tckn",
        "jmbg",
        "rijksregister",
        "sozialversicherungsnummer",
        "rentenversicherungsnummer",
        "versichertennummer",
        "rvnr",
        "kvnr"
    };

    private NationalIds() {}

    static List<Detector> all() {
        return List.of(
                anywhere(
                                "PII:us-itin",
                                "US",
                                "individual taxpayer identification numbers, hyphenated or named",
                                "9, and the groups that are issued",
                                "irs.gov/individuals/itin",
                                NationalIds::itin,
                                DigitRun.of(3)
                                        .first("9")
                                        .before(BEFORE)
                                        .after("-", "0-9")
                                        .next(2, 2, "-"),
                                Anchor.keyword("itin"),
                                Anchor.keyword("taxpayer"))
                        .finds("ITIN 912-70-1234", "912-70-1234", "ITIN 912701234")
                        .passes("912-49-1234", "912701234"),
                labelled(
                                "PII:us-ein",
                                "US",
                                "employer identification numbers",
                                "form",
                                "irs.gov/businesses/small-businesses-self-employed/employer-id-numbers",
                                NationalIds::ein,
                                "ein:",
                                "fein",
                                "employer id",
                                "employer_id")
                        .finds("EIN: 27-4410952")
                        .passes("EIN: missing", "ein: 12-345"),
                labelled(
                                "PII:national-id",
                                "",
                                "numbers that a text calls a national id or by the name that a country has for it, of whatever form",
                                "length, at least six digits",
                                "the names are those of python-stdnum's and of the countries' own pages",
                                NationalIds::named,
                                NAMES)
                        .finds(
                                "National ID: NID-402918375",
                                "her national id is 73051486290",
                                "T.C. Kimlik No 24681357902",
                                "{\"cedula\":\"1.047.382.915\"}",
                                "CURP LOPM810923MDFRRS07",
                                "RVNR: 52091283K417")
                        .passes("national identity", "national id: unknown", "id number 12"),
                anywhere(
                                "PII:uk-nino",
                                "UK",
                                "national insurance numbers",
                                "prefixes that are issued",
                                "gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110",
                                NationalIds::nino,
                                DigitRun.of(6).before("A-Z", "A-Z", NO_WORD).after("A-D "),
                                DigitRun.of(2)
                                        .before("A-Z", "A-Z", NO_WORD)
                                        .after(" ", "0-9")
                                        .next(2, 4, "A-D "),
                                DigitRun.of(2)
                                        .before(" ", "A-Z", "A-Z")
                                        .after(" ", "0-9")
                                        .next(2, 4, "A-D "))
                        .finds("NI number AB 12 34 56 C", "QQ no, but AA123456A")
                        .passes("QQ123456C", "BG 12 34 56 A", "XAB123456C"),
                labelled(
                                "PII:uk-nhs",
                                "UK",
                                "NHS numbers",
                                "mod 11",
                                "datadictionary.nhs.uk/attributes/nhs_number.html",
                                NationalIds::nhs,
                                "nhs")
                        .finds("NHS number: 943 476 5919")
                        .passes("NHS number: 943 476 5918", "call 943 476 5919"),
                labelled(
                                "PII:de-tax-id",
                                "DE",
                                "Steuerliche Identifikationsnummer",
                                "ISO 7064 mod 11,10",
                                "www.bzst.de",
                                NationalIds::deTaxId,
                                "steuer",
                                "idnr",
                                "tax id",
                                "tax_id",
                                "taxid",
                                "tin")
                        .finds("Steuer-ID: 86 095 742 719")
                        .passes("Steuer-ID: 86 095 742 718", "86095742719"),
                labelled(
                                "PII:de-id-card",
                                "DE",
                                "numbers of identity cards",
                                "character set and length",
                                "www.bmi.bund.de",
                                NationalIds::deIdCard,
                                "personalausweis",
                                "ausweisnummer",
                                "ausweis-nr",
                                "reisepass")
                        .finds("Personalausweis-Nr. L01X00T47"),
                anywhere(
                                "PII:fr-nir",
                                "FR",
                                "numéro d'inscription au répertoire",
                                "97 − n mod 97, month and sex",
                                "www.insee.fr/fr/metadonnees/definition/c1409",
                                NationalIds::nir,
                                DigitRun.of(1).first("12").before(BEFORE).after(" ", "0-9"),
                                DigitRun.of(15).first("12").before(BEFORE).after("^A-Za-z_" + ByteSet.BEYOND),
                                DigitRun.of(13).first("12").before(BEFORE).after(" ", "0-9"))
                        .finds("NIR 2 55 08 14 168 025 38", "255081416802538")
                        .passes("2 55 08 14 168 025 39", "155081416802538"),
                anywhere(
                                "PII:es-dni",
                                "ES",
                                "DNI and NIE",
                                "letter mod 23",
                                "www.interior.gob.es",
                                NationalIds::dni,
                                DigitRun.of(8).before(BEFORE).after("A-Z-"),
                                DigitRun.of(7).before("XYZ", NO_WORD).after("A-Z-"))
                        .finds("DNI 12345678Z", "NIE: X1234567L", "12345678-Z")
                        .passes("12345678A", "X1234567A", "build 12345678z"),
                anywhere(
                                "PII:it-codice-fiscale",
                                "IT",
                                "codice fiscale",
                                "check letter",
                                "www.agenziaentrate.gov.it",
                                NationalIds::fiscal,
                                DigitRun.of(2).before("A-Z", "A-Z", "A-Z").after("A-Z"))
                        .finds("CF: RSSMRA85T10A562S")
                        .passes("RSSMRA85T10A562X", "XRSSMRA85T10A562S"),
                anywhere(
                                "PII:in-aadhaar",
                                "IN",
                                "Aadhaar numbers, in groups or named",
                                "Verhoeff",
                                "uidai.gov.in",
                                NationalIds::aadhaar,
                                DigitRun.of(4).first("2-9").before(BEFORE).after(" ", "0-9"),
                                Anchor.keyword("aadhaar"),
                                Anchor.keyword("aadhar"),
                                Anchor.keyword("uidai"))
                        .finds("2341 2341 2346", "Aadhaar 234123412346")
                        .passes("2341 2341 2345", "234123412346", "1341 2341 2346"),
                anywhere(
                                "PII:in-pan",
                                "IN",
                                "permanent account numbers",
                                "kind of holder",
                                "incometaxindia.gov.in",
                                NationalIds::inPan,
                                DigitRun.of(4).before("A-Z", "A-Z", "A-Z").after("A-Z", NO_WORD))
                        .finds("PAN: ABCPE1234F")
                        .passes("ABCXE1234F", "abcpe1234f"),
                anywhere(
                                "PII:br-cpf",
                                "BR",
                                "CPF",
                                "two digits mod 11",
                                "www.gov.br/receitafederal",
                                NationalIds::cpf,
                                DigitRun.of(3).before(BEFORE).after(".", "0-9").next(1, 8, ".-"),
                                Anchor.keyword("cpf"))
                        .finds("111.444.777-35", "cpf=11144477735")
                        .passes("111.444.777-34", "11144477735", "111.111.111-11"),
                anywhere(
                                "PII:br-cnpj",
                                "BR",
                                "CNPJ",
                                "two digits mod 11",
                                "www.gov.br/receitafederal",
                                NationalIds::cnpj,
                                DigitRun.of(2).before(BEFORE).after(".", "0-9").next(1, 12, "./-"),
                                Anchor.keyword("cnpj"))
                        .finds("11.444.777/0001-61", "CNPJ 11444777000161")
                        .passes("11.444.777/0001-62", "11444777000161"),
                labelled(
                                "PII:au-tfn",
                                "AU",
                                "tax file numbers",
                                "mod 11",
                                "www.ato.gov.au",
                                NationalIds::tfn,
                                "tfn",
                                "tax file")
                        .finds("TFN 876 543 210", "tax file number: 123456782")
                        .passes("TFN 876 543 211"),
                labelled(
                                "PII:au-medicare",
                                "AU",
                                "Medicare card numbers",
                                "mod 10",
                                "www.servicesaustralia.gov.au",
                                NationalIds::medicare,
                                "medicare")
                        .finds("Medicare 2123 45670 1")
                        .passes("Medicare 2123 45671 1"),
                labelled(
                                "PII:au-abn",
                                "AU",
                                "Australian business numbers",
                                "mod 89",
                                "abr.business.gov.au",
                                NationalIds::abn,
                                "abn",
                                "australian business")
                        .finds("ABN 51 824 753 556")
                        .passes("ABN 51 824 753 557"),
                anywhere(
                                "PII:ca-sin",
                                "CA",
                                "social insurance numbers, hyphenated or named",
                                "Luhn",
                                "www.canada.ca/en/employment-social-development/services/sin",
                                NationalIds::sin,
                                DigitRun.of(3).before(BEFORE).after("-", "0-9").next(3, 3, "-"),
                                Anchor.keyword("sin"),
                                Anchor.keyword("social insurance"))
                        .finds("046-454-286", "SIN: 046 454 286")
                        .passes("046-454-287", "046 454 286", "a sin of 12"),
                anywhere(
                                "PII:sg-nric",
                                "SG",
                                "NRIC and FIN",
                                "check letter",
                                "www.ica.gov.sg",
                                NationalIds::nric,
                                DigitRun.of(7).before("FGMST", NO_WORD).after("A-Z", NO_WORD))
                        .finds("NRIC S1234567D", "F1234567N")
                        .passes("S1234567A", "AS1234567D"),
                labelled(
                                "PII:il-id",
                                "IL",
                                "Teudat Zehut",
                                "mod 10",
                                "www.gov.il",
                                NationalIds::israel,
                                "teudat",
                                "zehut",
                                "israeli id",
                                "israel id",
                                "mispar")
                        .finds("Teudat Zehut: 123456782")
                        .passes("Teudat Zehut: 123456783"),
                labelled(
                                "PII:nl-bsn",
                                "NL",
                                "burgerservicenummer",
                                "eleven-test",
                                "www.rvig.nl",
                                NationalIds::bsn,
                                "bsn",
                                "burgerservice",
                                "sofinummer")
                        .finds("BSN 111222333")
                        .passes("BSN 111222334"),
                labelled(
                                "PII:pl-pesel",
                                "PL",
                                "PESEL",
                                "weights mod 10, date",
                                "www.gov.pl",
                                NationalIds::pesel,
                                "pesel")
                        .finds("PESEL 44051401359")
                        .passes("PESEL 44051401358"),
                anywhere(
                                "PII:se-personnummer",
                                "SE",
                                "personnummer",
                                "Luhn, date",
                                "www.skatteverket.se",
                                NationalIds::personnummer,
                                DigitRun.of(6, 8).before(BEFORE).after("+-", "0-9"))
                        .finds("811228-9874", "19811228-9874")
                        .passes("811228-9875", "811328-9874"),
                anywhere(
                                "PII:fi-hetu",
                                "FI",
                                "henkilötunnus",
                                "check character, date",
                                "dvv.fi",
                                NationalIds::hetu,
                                DigitRun.of(6).first("0-3").before(BEFORE).after("A-FU-Y+-", "0-9", "0-9"))
                        .finds("131052-308T")
                        .passes("131052-308U"),
                anywhere(
                                "PII:ch-ahv",
                                "CH",
                                "AHV numbers",
                                "EAN-13",
                                "www.zas.admin.ch",
                                NationalIds::ahv,
                                DigitRun.of(3).first("7").before(BEFORE).after(".", "0-9"))
                        .finds("756.9217.0769.85")
                        .passes("756.9217.0769.84"),
                anywhere(
                                "PII:cn-resident-id",
                                "CN",
                                "resident identity numbers",
                                "ISO 7064 mod 11-2, date",
                                "GB 11643-1999",
                                NationalIds::chinese,
                                DigitRun.of(17, 18).before(BEFORE))
                        .finds("11010519491231002X", "440524188001010014")
                        .passes("110105194912310021", "440524188013010014"),
                anywhere(
                                "PII:th-national-id",
                                "TH",
                                "national identification numbers, with hyphens",
                                "weights mod 11",
                                "www.bora.dopa.go.th",
                                NationalIds::thai,
                                DigitRun.of(1)
                                        .first("1-8")
                                        .before(BEFORE)
                                        .after("-", "0-9")
                                        .next(4, 4, "-"))
                        .finds("3-1009-01234-56-1")
                        .passes("3-1009-01234-56-2"),
                anywhere(
                                "PII:kr-rrn",
                                "KR",
                                "resident registration numbers",
                                "weights mod 11, date",
                                "www.mois.go.kr",
                                NationalIds::korean,
                                DigitRun.of(6).before(BEFORE).after("-", "0-9"))
                        .finds("880101-1234568")
                        .passes("880101-1234562", "881301-1234561"));
    }

    private static Checked anywhere(
            String tag, String locale, String what, String validator, String source, Value value, Anchor... anchors) {
        return new Checked(document(tag, locale, what, validator, source), value, List.of(anchors));
    }

    private static Checked labelled(
            String tag, String locale, String what, String validator, String source, Value value, String... words) {
        return new Checked(
                document(tag, locale, what + ", behind their name", validator, source),
                value,
                List.of(words).stream().map(Anchor::keyword).toList());
    }

    private static Documentation document(String tag, String locale, String what, String validator, String source) {
        return Documentation.of(tag)
                .locale(locale)
                .summary(Character.toUpperCase(what.charAt(0)) + what.substring(1))
                .validator(validator)
                .source(source);
    }

    private static int itin(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        if (end < 0 || text[at] != '9' || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int group = 10 * CheckDigits.digit(text, at, 3) + CheckDigits.digit(text, at, 4);
        boolean issued =
                group >= 50 && group != 66 && group != 67 && group != 68 && group != 69 && group != 89 && group != 93;
        return issued ? end : -1;
    }

    private static int ein(byte[] text, int from, int to, int at) {
        int end = at + 10;
        boolean form = end <= to
                && Digits.number(text, to, at, 2) > 0
                && text[at + 2] == '-'
                && Digits.number(text, to, at + 3, 7) >= 0;
        return form && Digits.beginAt(text, from, at) && Digits.endAt(text, to, end) ? end : -1;
    }

    /** Letters and digits, with single separators between them, of which at least six are digits. */
    private static int named(byte[] text, int from, int to, int at) {
        if (!Bytes.is(text[at], Bytes.UPPER | Bytes.DIGIT) || !Bytes.beginsAt(text, from, at, Bytes.WORD)) {
            return -1;
        }
        int end = at;
        int digits = 0;
        while (end < to && end - at < MAX_NAMED) {
            boolean separator = "-./ ".indexOf(text[end]) >= 0 && Bytes.is(text, at, to, end + 1, Bytes.DIGIT);
            if (!separator && !Bytes.is(text[end], Bytes.UPPER | Bytes.DIGIT)) {
                break;
            }
            digits += Bytes.is(text[end], Bytes.DIGIT) ? 1 : 0;
            end++;
        }
        return digits >= MIN_NAMED && end - at < MAX_NAMED && !Bytes.is(text, at, to, end, Bytes.WORD) ? end : -1;
    }

    private static int nino(byte[] text, int from, int to, int at) {
        int i = at;
        if (Bytes.has(text, from, to, i - 1, ' ')) {
            i--;
        }
        int start = i - 2;
        if (start < from
                || !Bytes.is(text[start], Bytes.UPPER)
                || !Bytes.is(text[start + 1], Bytes.UPPER)
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)) {
            return -1;
        }
        int end = at;
        int digits = 0;
        while (end < to && digits < 6) {
            if (Bytes.is(text[end], Bytes.DIGIT)) {
                digits++;
            } else if (text[end] != ' ' || digits % 2 != 0) {
                return -1;
            }
            end++;
        }
        if (Bytes.has(text, from, to, end, ' ')) {
            end++;
        }
        boolean suffix =
                end < to && text[end] >= 'A' && text[end] <= 'D' && !Bytes.is(text, from, to, end + 1, Bytes.WORD);
        char first = (char) text[start];
        char second = (char) text[start + 1];
        boolean issued = "DFIQUV".indexOf(first) < 0
                && "DFIOQUV".indexOf(second) < 0
                && !(first == second && first == 'Z')
                && switch ("" + first + second) {
                    case "BG", "GB", "KN", "NK", "NT", "TN" -> false;
                    default -> true;
                };
        return digits == 6 && suffix && issued ? end + 1 : -1;
    }

    private static int nhs(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 10, " -");
        return end > 0
                        && (11 - CheckDigits.weighted(text, at, 10, 9, 8, 7, 6, 5, 4, 3, 2) % 11) % 11
                                == CheckDigits.digit(text, at, 9)
                ? end
                : -1;
    }

    private static int deTaxId(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, " /");
        return end > 0 && text[at] != '0' && CheckDigits.mod11And10(text, at, 11) ? end : -1;
    }

    private static int deIdCard(byte[] text, int from, int to, int at) {
        int i = at;
        int digits = 0;
        while (i < to && "CFGHJKLMNPRTVWXYZ0123456789".indexOf(text[i]) >= 0) {
            digits += Bytes.is(text[i], Bytes.DIGIT) ? 1 : 0;
            i++;
        }
        return (i - at == 9 || i - at == 10) && digits >= 3 && !Bytes.is(text, at, to, i, Bytes.WORD) ? i : -1;
    }

    private static int nir(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 15, " ");
        if (end < 0 || (text[at] != '1' && text[at] != '2') || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        long number = 0;
        int key = 0;
        for (int n = 0; n < 15; n++) {
            int digit = CheckDigits.digit(text, at, n);
            number = n < 13 ? number * 10 + digit : number;
            key = n < 13 ? 0 : key * 10 + digit;
        }
        long month = number / 100_000_000 % 100;
        return 97 - number % 97 == key && month >= 1 && (month <= 12 || month >= 20) ? end : -1;
    }

    private static int dni(byte[] text, int from, int to, int at) {
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        int start = at;
        int number = Digits.number(text, to, at, end - at);
        if (end - at == 7) {
            start = at - 1;
            int series = "XYZ".indexOf(text[start]);
            if (series < 0) {
                return -1;
            }
            number += series * 10_000_000;
        }
        if (Bytes.has(text, from, to, end, '-')) {
            end++;
        }
        return Bytes.beginsAt(text, from, start, Bytes.WORD)
                        && end < to
                        && text[end] == DNI_LETTERS.charAt(number % 23)
                        && !Bytes.is(text, from, to, end + 1, Bytes.WORD)
                ? end + 1
                : -1;
    }

    private static int fiscal(byte[] text, int from, int to, int at) {
        int start = at - 6;
        if (start < from
                || start + 16 > to
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)
                || Bytes.is(text, from, to, start + 16, Bytes.WORD)) {
            return -1;
        }
        int sum = 0;
        for (int i = 0; i < 15; i++) {
            byte b = text[start + i];
            boolean letter = Bytes.is(b, Bytes.UPPER);
            boolean expected = i < 6 || i == 8 || i == 11;
            boolean digitAsLetter =
                    !expected && "LMNPQRSTUV".indexOf(b) >= 0; // where two people would have the same code
            if ((letter != expected && !digitAsLetter) || (!letter && !Bytes.is(b, Bytes.DIGIT))) {
                return -1;
            }
            int value = letter ? b - 'A' : b - '0';
            sum += i % 2 == 1 ? value : FISCAL_ODD.indexOf('A' + value);
        }
        return text[start + 15] == 'A' + sum % 26 ? start + 16 : -1;
    }

    private static int aadhaar(byte[] text, int from, int to, int at) {
        if (text[at] < '2' || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int end = Digits.end(text, to, at, 12, " -");
        boolean inside = Bytes.has(text, from, to, at - 1, ' ') && Bytes.is(text, from, to, at - 2, Bytes.DIGIT);
        boolean ends = end > 0 && !inside && !Bytes.is(text, from, to, end + 1, Bytes.DIGIT);
        return ends && CheckDigits.verhoeff(text, at, end) ? end : -1;
    }

    private static int inPan(byte[] text, int from, int to, int at) {
        int start = at - 5;
        if (start < from || !Bytes.beginsAt(text, from, start, Bytes.WORD)) {
            return -1;
        }
        for (int i = start; i < at; i++) {
            if (!Bytes.is(text[i], Bytes.UPPER)) {
                return -1;
            }
        }
        boolean holder = "PCHFATBLJG".indexOf(text[start + 3]) >= 0;
        return holder && Bytes.is(text, from, to, at + 4, Bytes.UPPER) && !Bytes.is(text, from, to, at + 5, Bytes.WORD)
                ? at + 5
                : -1;
    }

    private static int cpf(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, ".-");
        if (end < 0 || CheckDigits.same(text, at, end) || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int first = CheckDigits.weighted(text, at, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
        int second = CheckDigits.weighted(text, at, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
        return first == CheckDigits.digit(text, at, 9) && second == CheckDigits.digit(text, at, 10) ? end : -1;
    }

    private static int cnpj(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 14, "./-");
        if (end < 0 || CheckDigits.same(text, at, end) || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int first = CheckDigits.weighted(text, at, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) % 11;
        int second = CheckDigits.weighted(text, at, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) % 11;
        return (first < 2 ? 0 : 11 - first) == CheckDigits.digit(text, at, 12)
                        && (second < 2 ? 0 : 11 - second) == CheckDigits.digit(text, at, 13)
                ? end
                : -1;
    }

    private static int tfn(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        return end > 0
                        && !CheckDigits.same(text, at, end)
                        && CheckDigits.weighted(text, at, 1, 4, 3, 7, 5, 8, 6, 9, 10) % 11 == 0
                ? end
                : -1;
    }

    private static int medicare(byte[] text, int from, int to, int at) {
        int ten = Digits.end(text, to, at, 10, " -/");
        int end = ten > 0 ? ten : Digits.end(text, to, at, 11, " -/");
        return end > 0
                        && text[at] >= '2'
                        && text[at] <= '6'
                        && CheckDigits.weighted(text, at, 1, 3, 7, 9, 1, 3, 7, 9) % 10 == CheckDigits.digit(text, at, 8)
                ? end
                : -1;
    }

    private static int abn(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, " ");
        return end > 0 && (CheckDigits.weighted(text, at, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19) - 10) % 89 == 0
                ? end
                : -1;
    }

    private static int sin(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        boolean grouped = end - at == 9 || (end - at == 11 && text[at + 3] == text[at + 7]);
        return end > 0
                        && grouped
                        && text[at] != '8'
                        && !CheckDigits.same(text, at, end)
                        && Digits.beginAt(text, from, at)
                        && CheckDigits.luhn(text, at, end)
                ? end
                : -1;
    }

    private static int nric(byte[] text, int from, int to, int at) {
        int start = at - 1;
        if (start < from
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)
                || at + 8 > to
                || Bytes.is(text, from, to, at + 8, Bytes.WORD)) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, at, 2, 7, 6, 5, 4, 3, 2);
        int letter = switch (text[start]) {
            case 'S' -> NRIC_ST.charAt((sum % 11 + 10) % 11 == 10 ? 0 : sum % 11);
            case 'T' -> NRIC_ST.charAt((sum + 4) % 11);
            case 'F' -> NRIC_FG.charAt(sum % 11);
            case 'G' -> NRIC_FG.charAt((sum + 4) % 11);
            case 'M' -> NRIC_M.charAt(10 - (sum + 3) % 11);
            default -> -1;
        };
        return text[at + 7] == letter ? at + 8 : -1;
    }

    private static int israel(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        if (end < 0 || CheckDigits.same(text, at, end)) {
            return -1;
        }
        int sum = 0;
        for (int n = 0; n < 9; n++) {
            int value = CheckDigits.digit(text, at, n) << (n & 1);
            sum += value > 9 ? value - 9 : value;
        }
        return sum % 10 == 0 ? end : -1;
    }

    private static int bsn(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " .");
        return end > 0
                        && !CheckDigits.same(text, at, end)
                        && CheckDigits.weighted(text, at, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0
                ? end
                : -1;
    }

    private static int pesel(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, "");
        return end > 0
                        && CheckDigits.weighted(text, at, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1) % 10 == 0
                        && !CheckDigits.same(text, at, end)
                ? end
                : -1;
    }

    private static int personnummer(byte[] text, int from, int to, int at) {
        int hyphen = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        int start = hyphen - 6;
        int end = hyphen + 5;
        if ((hyphen - at != 6 && hyphen - at != 8)
                || end > to
                || Digits.number(text, to, hyphen + 1, 4) < 0
                || !Digits.endAt(text, to, end)
                || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int month = Digits.number(text, to, start + 2, 2);
        int day = Digits.number(text, to, start + 4, 2);
        return month >= 1 && month <= 12 && day >= 1 && day <= 31 && CheckDigits.luhn(text, start, end) ? end : -1;
    }

    private static int hetu(byte[] text, int from, int to, int at) {
        int end = at + 11;
        int day = Digits.number(text, to, at, 2);
        int month = Digits.number(text, to, at + 2, 2);
        int serial = Digits.number(text, to, at + 7, 3);
        if (end > to
                || serial < 0
                || day < 1
                || day > 31
                || month < 1
                || month > 12
                || "-+ABCDEFYXWVU".indexOf(text[at + 6]) < 0
                || Bytes.is(text, from, to, end, Bytes.WORD)) {
            return -1;
        }
        long number = Digits.number(text, to, at, 6) * 1000L + serial;
        return text[at + 10] == HETU_CHECK.charAt((int) (number % 31)) ? end : -1;
    }

    private static int ahv(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 13, ".");
        return end > 0
                        && Digits.number(text, to, at, 3) == 756
                        && CheckDigits.weighted(text, at, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1) % 10 == 0
                ? end
                : -1;
    }

    private static int chinese(byte[] text, int from, int to, int at) {
        int end = at + 18;
        int run = Bytes.runEnd(text, at, Math.min(to, end), Bytes.DIGIT) - at;
        if (end > to || run < 17 || Bytes.is(text, from, to, end, Bytes.WORD) || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int year = Digits.number(text, to, at + 6, 4);
        int month = Digits.number(text, to, at + 10, 2);
        int day = Digits.number(text, to, at + 12, 2);
        int sum = CheckDigits.weighted(text, at, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
        boolean born = year >= 1850 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
        return born && text[at] != '0' && text[at + 17] == CN_CHECK.charAt(sum % 11) ? end : -1;
    }

    private static int korean(byte[] text, int from, int to, int at) {
        int end = at + 14;
        int month = Digits.number(text, to, at + 2, 2);
        int day = Digits.number(text, to, at + 4, 2);
        if (end > to
                || Digits.number(text, to, at + 7, 7) < 0
                || !Digits.endAt(text, to, end)
                || !Digits.beginAt(text, from, at)
                || month < 1
                || month > 12
                || day < 1
                || day > 31) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, at, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5);
        return (11 - sum % 11) % 10 == CheckDigits.digit(text, at, 12) ? end : -1;
    }

    private static int thai(byte[] text, int from, int to, int at) {
        int end = at + 17;
        boolean grouped =
                end <= to && text[at + 1] == '-' && text[at + 6] == '-' && text[at + 12] == '-' && text[at + 15] == '-';
        if (!grouped || Digits.end(text, to, at, 13, "-") != end || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, at, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2);
        return (11 - sum % 11) % 10 == CheckDigits.digit(text, at, 12) ? end : -1;
    }
}
