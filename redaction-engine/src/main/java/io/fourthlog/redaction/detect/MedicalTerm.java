package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.ArrayList;
import java.util.List;

/**
 * A word of a medical dictionary near a word that speaks of a patient, or near a dose. The same word without either is talk about
 * medicine and not about a person.
 */
final class MedicalTerm implements Detector {

    private static final int REACH = 96; // bytes after a word such as "diagnosed"
    private static final int DOSE_REACH = 48; // bytes before a dose

    private static final String[] UNITS = {"mg", "mcg", "ml", "iu", "units", "g"};

    private final Documentation documentation;
    private final Words terms;
    private final List<Anchor> anchors = new ArrayList<>();

    private MedicalTerm(Documentation documentation, Words terms, boolean doses, String... contexts) {
        this.documentation = documentation;
        this.terms = terms;
        for (String context : contexts) {
            anchors.add(Anchor.keyword(context));
        }
        if (doses) {
            String free = "^A-Za-z_+/:)" + ByteSet.BEYOND + "-";
            String unit = "gimuIMU";
            String unitEnds = "^ABD-FH-KMO-TV-Zabd-fh-kmo-tv-z"; // no other letter than g, c, l, u and n
            anchors.add(DigitRun.of(1, 4).before(free).after(" ", unit, unitEnds));
            anchors.add(DigitRun.of(1, 4).before(free).after(unit, unitEnds));
        }
    }

    static List<Detector> all() {
        return List.of(
                new MedicalTerm(
                        Documentation.of("PHI:diagnosis")
                                .summary(
                                        "Names of diseases behind words that speak of a patient, such as 'diagnosed with' or 'history of'")
                                .validator("dictionary; context")
                                .source("diagnoses.txt")
                                .finds(
                                        "The patient was diagnosed with type 2 diabetes.",
                                        "history of hypertension and asthma",
                                        "Dx: pneumonia")
                                .passes(
                                        "diabetes research is funded",
                                        "the history of computing",
                                        "a patient developer"),
                        Words.load("diagnoses.txt"),
                        false,
                        "diagnos",
                        "history of",
                        "suffers from",
                        "suffering from",
                        "patient ",
                        "presents with",
                        "presented with",
                        "treated for",
                        "treatment for",
                        "positive for",
                        "dx:",
                        "symptoms of",
                        "complains of",
                        "admitted for",
                        "admitted with",
                        "has been living with",
                        "prognosis"),
                new MedicalTerm(
                        Documentation.of("PHI:medication")
                                .summary("Names of medicines near a dose, or behind words such as 'prescribed'")
                                .validator("dictionary; context")
                                .source("medications.txt")
                                .finds(
                                        "metformin 500 mg twice daily",
                                        "prescribed atorvastatin",
                                        "taking Lisinopril 10mg",
                                        "20 mg of omeprazole")
                                .passes("metformin is a molecule", "prescribed burn", "500 mg of sugar"),
                        Words.load("medications.txt"),
                        true,
                        "prescri",
                        "medication",
                        "taking ",
                        "takes ",
                        "dose of",
                        "dosage",
                        "rx:",
                        "allergic to",
                        "tablets",
                        "started on",
                        "refill"));
    }

    @Override
    public Documentation documentation() {
        return documentation;
    }

    @Override
    public List<Anchor> anchors() {
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.is(text[at], Bytes.DIGIT)) {
            return term(text, at, Math.min(to, at + REACH), at);
        }
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        end = Bytes.has(text, at, to, end, ' ') ? end + 1 : end;
        if (!isUnit(text, to, end)) {
            return Span.NONE;
        }
        int first = Math.max(from, at - DOSE_REACH);
        long before = term(text, first, at, first);
        return before != Span.NONE ? before : term(text, end, Math.min(to, end + DOSE_REACH), end);
    }

    private static boolean isUnit(byte[] text, int to, int at) {
        if (at >= to || "mMiIuUg".indexOf(text[at]) < 0) {
            return false;
        }
        for (String unit : UNITS) {
            if (Bytes.startsWithIgnoreCase(text, at, to, unit)) {
                return !Bytes.is(text, at, to, at + unit.length(), Bytes.LETTER);
            }
        }
        return false;
    }

    /** The first whole word of a range that the dictionary has; the sentence may end, the paragraph may not. */
    private long term(byte[] text, int from, int to, int start) {
        int word = start;
        for (int i = start; i <= to; i++) {
            if (i == to || !Bytes.is(text[i], Bytes.LETTER)) {
                boolean whole = word > from || from == start;
                if (i - word >= 3 && whole && terms.has(text, word, i)) {
                    return Span.of(word, i);
                }
                if (i < to && text[i] == '\n' && i + 1 < to && text[i + 1] == '\n') {
                    return Span.NONE;
                }
                word = i + 1;
            }
        }
        return Span.NONE;
    }
}
