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
                                NationalIdChecks::itin,
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
                                NationalIdChecks::ein,
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
                                NationalIdChecks::named,
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
                                NationalIdChecks::nino,
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
                                NationalIdChecks::nhs,
                                "nhs")
                        .finds("NHS number: 943 476 5919")
                        .passes("NHS number: 943 476 5918", "call 943 476 5919"),
                labelled(
                                "PII:de-tax-id",
                                "DE",
                                "Steuerliche Identifikationsnummer",
                                "ISO 7064 mod 11,10",
                                "www.bzst.de",
                                NationalIdChecks::deTaxId,
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
                                NationalIdChecks::deIdCard,
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
                                NationalIdChecks::nir,
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
                                NationalIdChecks::dni,
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
                                NationalIdChecks::fiscal,
                                DigitRun.of(2).before("A-Z", "A-Z", "A-Z").after("A-Z"))
                        .finds("CF: RSSMRA85T10A562S")
                        .passes("RSSMRA85T10A562X", "XRSSMRA85T10A562S"),
                anywhere(
                                "PII:in-aadhaar",
                                "IN",
                                "Aadhaar numbers, in groups or named",
                                "Verhoeff",
                                "uidai.gov.in",
                                NationalIdChecks::aadhaar,
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
                                NationalIdChecks::inPan,
                                DigitRun.of(4).before("A-Z", "A-Z", "A-Z").after("A-Z", NO_WORD))
                        .finds("PAN: ABCPE1234F")
                        .passes("ABCXE1234F", "abcpe1234f"),
                anywhere(
                                "PII:br-cpf",
                                "BR",
                                "CPF",
                                "two digits mod 11",
                                "www.gov.br/receitafederal",
                                NationalIdChecks::cpf,
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
                                NationalIdChecks::cnpj,
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
                                NationalIdChecks::tfn,
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
                                NationalIdChecks::medicare,
                                "medicare")
                        .finds("Medicare 2123 45670 1")
                        .passes("Medicare 2123 45671 1"),
                labelled(
                                "PII:au-abn",
                                "AU",
                                "Australian business numbers",
                                "mod 89",
                                "abr.business.gov.au",
                                NationalIdChecks::abn,
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
                                NationalIdChecks::sin,
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
                                NationalIdChecks::nric,
                                DigitRun.of(7).before("FGMST", NO_WORD).after("A-Z", NO_WORD))
                        .finds("NRIC S1234567D", "F1234567N")
                        .passes("S1234567A", "AS1234567D"),
                labelled(
                                "PII:il-id",
                                "IL",
                                "Teudat Zehut",
                                "mod 10",
                                "www.gov.il",
                                NationalIdChecks::israel,
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
                                NationalIdChecks::bsn,
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
                                NationalIdChecks::pesel,
                                "pesel")
                        .finds("PESEL 44051401359")
                        .passes("PESEL 44051401358"),
                anywhere(
                                "PII:se-personnummer",
                                "SE",
                                "personnummer",
                                "Luhn, date",
                                "www.skatteverket.se",
                                NationalIdChecks::personnummer,
                                DigitRun.of(6, 8).before(BEFORE).after("+-", "0-9"))
                        .finds("811228-9874", "19811228-9874")
                        .passes("811228-9875", "811328-9874"),
                anywhere(
                                "PII:fi-hetu",
                                "FI",
                                "henkilötunnus",
                                "check character, date",
                                "dvv.fi",
                                NationalIdChecks::hetu,
                                DigitRun.of(6).first("0-3").before(BEFORE).after("A-FU-Y+-", "0-9", "0-9"))
                        .finds("131052-308T")
                        .passes("131052-308U"),
                anywhere(
                                "PII:ch-ahv",
                                "CH",
                                "AHV numbers",
                                "EAN-13",
                                "www.zas.admin.ch",
                                NationalIdChecks::ahv,
                                DigitRun.of(3).first("7").before(BEFORE).after(".", "0-9"))
                        .finds("756.9217.0769.85")
                        .passes("756.9217.0769.84"),
                anywhere(
                                "PII:cn-resident-id",
                                "CN",
                                "resident identity numbers",
                                "ISO 7064 mod 11-2, date",
                                "GB 11643-1999",
                                NationalIdChecks::chinese,
                                DigitRun.of(17, 18).before(BEFORE))
                        .finds("11010519491231002X", "440524188001010014")
                        .passes("110105194912310021", "440524188013010014"),
                anywhere(
                                "PII:th-national-id",
                                "TH",
                                "national identification numbers, with hyphens",
                                "weights mod 11",
                                "www.bora.dopa.go.th",
                                NationalIdChecks::thai,
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
                                NationalIdChecks::korean,
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
}
