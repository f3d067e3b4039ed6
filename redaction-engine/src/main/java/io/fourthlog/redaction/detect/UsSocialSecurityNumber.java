package io.fourthlog.redaction.detect;

import java.util.List;

/** US social security numbers: with hyphens anywhere, with spaces or as nine digits only where the text says so. */
final class UsSocialSecurityNumber implements Detector {

    private static final int FIRST_NEVER_ISSUED = 900; // areas that are no more than called so
    private static final int CONTEXT = 48; // bytes before the number in which the text has to say what it is

    private static final Phrases NAMES = Phrases.of("ssn", "social sec", "social_sec", "socialsec");

    @Override
    public Documentation documentation() {
        return new Documentation(
                "PII:us-ssn",
                "US social security numbers that can have been issued: 123-45-6789, or after 'SSN' without hyphens and whatever the area",
                "",
                "",
                "https://www.ssa.gov/employer/randomization.html",
                List.of(
                        "219-45-6789",
                        "SSN 219 45 6789",
                        "{\"ssn\":\"219456789\"}",
                        "SSN: 219.45.6789",
                        "SSN: 934-17-2093",
                        "Social Security number: 219456789."),
                List.of(
                        "000-12-3456 666-12-3456 900-12-3456 219-00-6789 219-45-0000",
                        "order 219456789",
                        "219 45 6789",
                        "1219-45-6789 and 219-45-67890",
                        "2026-219-45-6789",
                        "219-456-7890"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(
                Anchor.DigitRun.of(3).before("^A-Za-z_").after(" .-", "0-9").next(2, 2, " .-"),
                Anchor.DigitRun.of(9).before("^A-Za-z_").after("^A-Za-z_"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int run = Bytes.runEnd(text, at, Math.min(to, at + 10), Bytes.DIGIT) - at;
        if (run != 3 && run != 9) {
            return Span.NONE;
        }
        int gap = run == 3 ? 1 : 0;
        int group = at + 3 + gap;
        int serial = group + 2 + gap;
        int end = serial + 4;
        if (end > to || !Digits.beginAt(text, from, at) || !Digits.endAt(text, to, end)) {
            return Span.NONE;
        }
        if (gap == 1 && (text[group - 1] != text[serial - 1] || " -.".indexOf(text[group - 1]) < 0)) {
            return Span.NONE;
        }
        boolean hyphens = gap == 1 && text[group - 1] == '-';
        int area = number(text, at, 3);
        boolean possible = area > 0 && area != 666 && number(text, group, 2) > 0 && number(text, serial, 4) > 0;
        boolean sure = hyphens && area < FIRST_NEVER_ISSUED;
        return possible && (sure || isNamed(text, from, at)) ? Span.of(at, end) : Span.NONE;
    }

    private static boolean isNamed(byte[] text, int from, int at) {
        int context = Math.max(from, at - CONTEXT);
        return NAMES.areIn(text, context, at);
    }

    /** The value of some digits, or -1 if one of them is something else. */
    private static int number(byte[] text, int at, int digits) {
        int value = 0;
        for (int i = at; i < at + digits; i++) {
            if (!Bytes.is(text[i], Bytes.DIGIT)) {
                return -1;
            }
            value = value * 10 + (text[i] - '0');
        }
        return value;
    }
}
