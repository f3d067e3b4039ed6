package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.Stream;

/**
 * Names of people: a given name that the dictionary has and a surname, or anything capitalised behind a title or a word that announces a
 * name. A dictionary is no understanding: rare given names, names that are words, and names without capitals are missed, and a company
 * that is called like its founder is not told from him.
 */
final class PersonName implements Detector {

    private static final String[] TITLES = {
        "Mr. ",
        "Mrs. ",
        "Ms. ",
        "Miss ",
        "Dr. ",
        "Prof. ",
        "Mr ",
        "Mrs ",
        "Herr ",
        "Frau ",
        "Herrn ",
        "Monsieur ",
        "Madame ",
        "Mme ",
        "Señor ",
        "Señora ",
        "Sr. ",
        "Sra. ",
        "Signor ",
        "Signora ",
        "Sig. ",
        "Sir ",
        "Dear ",
        "Professor ",
        "Doctor "
    };
    private static final String[] LABELS = {
        "full name",
        "full_name",
        "fullname",
        "first name",
        "first_name",
        "firstname",
        "last name",
        "last_name",
        "lastname",
        "surname",
        "patient name",
        "patient:",
        "customer name",
        "customer_name",
        "customername",
        "patient_name",
        "patientname",
        "cardholder",
        "card holder",
        "account holder",
        "name is ",
        "named ",
        "employee name",
        "employee_name",
        "contact person",
        "my name",
        "vorname",
        "nachname",
        "\"name\"",
        "name: ",
        "name=",
        "sincerely",
        "regards"
    };
    private static final String[] NOT_ONLY_OF_PEOPLE = {
        "name is ", "name: ", "name=", "\"name\"", "named ", "sincerely", "regards"
    };
    private static final int MIN_OTHER = 4; // bytes of a name in another script
    private static final int MAX_OTHER = 64;

    private static final Words NOT_A_GREETING = Words.of(
            "sir madam customer team all user friend colleague colleagues client reader diary sirs support hiring mr mrs ms dr prof president god lord");

    private static final Documentation DOCUMENTATION = Documentation.of("PII:person")
            .summary(
                    "Names of people: a known given name and a surname, or capitalised words behind a title or a label")
            .validator("dictionary of given names; context")
            .source("given-names.txt")
            .finds(
                    "Please ask John Smith.",
                    "Dr. Okonkwo said",
                    "{\"full_name\":\"Maria Gonzalez\"}",
                    "my name is Aroha Ngata",
                    "by Jean-Pierre Dupont",
                    "Yours sincerely,\nAnna Kowalska")
            .passes(
                    "Kubernetes Service Account",
                    "New York City",
                    "Dear Customer,",
                    "the Spring Boot Application",
                    "Visual Studio Code",
                    "name: Build And Test",
                    "Use Amazon Web Services");

    private final Value name;
    private final List<Anchor> anchors;
    private final boolean behind; // the anchor is before the name and not its first letter

    private PersonName(Value name, boolean behind, List<Anchor> anchors) {
        this.name = name;
        this.behind = behind;
        this.anchors = anchors;
    }

    static List<Detector> all() {
        return List.of(
                new PersonName(PersonName::known, false, List.of(new Anchor.Capital(Names.GIVEN))),
                new PersonName(
                        PersonName::titled,
                        true,
                        Stream.of(TITLES).map(Anchor::prefix).toList()),
                new PersonName(
                        PersonName::labelled,
                        true,
                        Stream.of(LABELS).map(Anchor::keyword).toList()));
    }

    @Override
    public Documentation documentation() {
        return DOCUMENTATION;
    }

    @Override
    public List<Anchor> anchors() {
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int start = behind ? nameStart(text, to, at) : at;
        if (start < 0) {
            return behind ? inOtherScript(text, to, at) : Span.NONE;
        }
        int end = name.end(text, at, to, start);
        return end < 0 ? Span.NONE : Span.of(start, end);
    }

    /** Index of the first word with a capital behind a title or a label, or -1. */
    private static int nameStart(byte[] text, int to, int at) {
        int i = at;
        int limit = Math.min(to, at + 32);
        while (i < limit && text[i] != ' ' && text[i] != ':' && text[i] != '=' && text[i] != '\n') {
            i++;
        }
        i = Bytes.capital(text, i, limit);
        return i < limit && Bytes.beginsAt(text, at, i, Bytes.WORD) ? i : -1;
    }

    /** What is behind a label that only people have, in letters without capitals or other than Latin ones. */
    private static long inOtherScript(byte[] text, int to, int at) {
        int start = at;
        int limit = Math.min(to, at + 24);
        while (start < limit && text[start] > 0 && text[start] != '\n' && text[start] != ',' && text[start] != '}') {
            start++;
        }
        int end = start;
        while (end < to
                && end - start < MAX_OTHER
                && (text[end] < 0 || (text[end] == ' ' && Bytes.is(text, at, to, end + 1, Bytes.NON_ASCII)))) {
            end++;
        }
        boolean label = start < limit && (text[start - 1] == '"' || text[start - 1] == ' ') && isOfPeople(text, at, to);
        return label && end - start >= MIN_OTHER && end - start < MAX_OTHER && (text[start] & 0xFF) >= 0xCE
                ? Span.of(start, end)
                : Span.NONE;
    }

    private static int known(byte[] text, int from, int to, int at) {
        if (at + 4 > to || !Names.GIVEN.mayBegin(text, at) || !Bytes.is(text[at + 1], Bytes.LOWER | Bytes.NON_ASCII)) {
            return -1;
        }
        int end = Names.wordEnd(text, to, at);
        int first = at;
        while (first < end && text[first] != '-') {
            first++;
        }
        if (end - at < 3 || !Names.GIVEN.has(text, at, first)) {
            return -1;
        }
        int rest = Names.rest(text, to, end);
        boolean code = Bytes.has(text, at, to, rest, '(') || Bytes.has(text, at, to, rest, '/');
        return rest > end && !code ? rest : -1;
    }

    private static int titled(byte[] text, int from, int to, int at) {
        int end = Names.wordEnd(text, to, at);
        boolean direct = at > from && at - from <= 12; // a title is short, and the name is next to it
        boolean name = end > 0 && direct && !NOT_A_GREETING.has(text, at, end) && Names.canBeSurname(text, at, end);
        return name ? Names.rest(text, to, end) : -1;
    }

    /** Behind a label that only people have any word will do, behind others a known given name. */
    private static int labelled(byte[] text, int from, int to, int at) {
        int end = Names.wordEnd(text, to, at);
        boolean name = end > 0
                && (Names.GIVEN.has(text, at, end)
                        || (isOfPeople(text, from, at) && Names.canBeSurname(text, at, end)));
        return name ? Names.rest(text, to, end) : -1;
    }

    private static boolean isOfPeople(byte[] text, int at, int to) {
        for (String label : NOT_ONLY_OF_PEOPLE) {
            if (Bytes.startsWithIgnoreCase(text, at, to, label)) {
                return false;
            }
        }
        return true;
    }
}
