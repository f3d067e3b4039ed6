package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Streets with a house number, in the orders of English, German, French, Spanish, Italian and Portuguese, and PO boxes. */
final class PostalAddress implements Detector {

    private static final Words SUFFIXES = Words.of(
            "street st avenue ave av road rd boulevard blvd lane ln drive dr court ct place pl square sq terrace ter trail trl way parkway pkwy circle cir highway hwy close crescent cres gardens grove mews row walk alley plaza loop crossing heights ridge route turnpike expressway esplanade vista");
    private static final Words ROMANCE = Words.of(
            "rue avenue av boulevard bd place chemin impasse quai cours via viale piazza corso calle paseo plaza avenida rua praça largo allée");
    private static final Words DIRECTIONS = Words.of("n s e w ne nw se sw north south east west");
    private static final String[] GERMAN = {"straße ", "strasse ", "str. ", "allee ", "gasse ", "platz "};
    private static final String[] BOXES = {"p.o. box", "po box", "p.o box", "postfach"};
    private static final String[] ROMANCE_FIRST = {"Calle ", "Via ", "Rua ", "Avenida ", "Viale ", "Piazza ", "Paseo "};

    private static final byte[] EN_DASH = "–".getBytes(StandardCharsets.UTF_8);
    private static final int MOST_DIGITS = 5;
    private static final int NUMBER = "No.".length();

    @Override
    public Documentation documentation() {
        return Documentation.of("PII:address")
                .summary("Postal addresses: a house number and a street, and PO boxes; the city is not looked at")
                .validator("words that streets end or begin with")
                .source("USPS Publication 28, appendix C1")
                .finds(
                        "lives at 742 Evergreen Terrace, Springfield",
                        "1600 Pennsylvania Ave NW",
                        "Hauptstraße 12, 10115 Berlin",
                        "12 rue de la Paix",
                        "P.O. Box 1234",
                        "Calle Mayor 15",
                        "221B Baker Street",
                        "12-14 High Street (Unit 4/32 Main Road)",
                        "Nr.7 Maple Road")
                .passes(
                        "3 way handshake",
                        "2 Factor Authentication",
                        "Chapter 12 Road Map",
                        "12 st",
                        "as of 2.1 Main Street is",
                        "on 11/27/2024 Main Street was",
                        "1991-1998, Thomas G. Lane",
                        "5 Place of interest");
    }

    @Override
    public List<Anchor> anchors() {
        List<Anchor> anchors = new ArrayList<>();
        String before = "^A-Za-z_+";
        String street = "0-9A-Zabcilpqrv"; // a capital, an ordinal, or what a Romance street begins with
        anchors.add(
                DigitRun.of(1, MOST_DIGITS).before(before).after(" ", street).next(0, 3, "A-Za-z"));
        anchors.add(DigitRun.of(1, MOST_DIGITS).before(before).after("A-Za-z", " ,"));
        anchors.add(DigitRun.of(1, MOST_DIGITS).before(before).after(",", " ", street));
        for (String word : GERMAN) {
            anchors.add(new Anchor.Literal(word, true, false, false, null, null));
        }
        for (String word : BOXES) {
            anchors.add(Anchor.keyword(word));
        }
        for (String word : ROMANCE_FIRST) {
            anchors.add(Anchor.prefix(word));
        }
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (Bytes.is(text[at], Bytes.DIGIT)) {
            return numberFirst(text, from, to, at);
        }
        if (Bytes.is(text[at], Bytes.UPPER) && !Bytes.has(text, from, to, at, 'P')) {
            for (String word : ROMANCE_FIRST) {
                if (Bytes.startsWith(text, at, to, word)) {
                    return romance(text, to, at, at + word.length());
                }
            }
        }
        return german(text, from, to, at);
    }

    private static long numberFirst(byte[] text, int from, int to, int at) {
        int start = rangeStart(text, from, at);
        if (!Digits.beginAt(text, from, start) && !isAbbreviated(text, from, start)) {
            return Span.NONE;
        }
        boolean date = Bytes.has(text, from, at, start - 1, '/') && text[at - 1] == '/';
        if (start < at && (date || (isYear(text, to, start) && isYear(text, to, at)))) {
            return Span.NONE;
        }
        int i = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        if (Bytes.is(text, at, to, i, Bytes.LETTER)) {
            i++; // 221B
        }
        if (Bytes.has(text, at, to, i, ',')) {
            i++;
        }
        if (!Bytes.has(text, at, to, i, ' ')) {
            return Span.NONE;
        }
        i++;
        if (!Bytes.is(text, at, to, i, Bytes.LETTER | Bytes.NON_ASCII) && !isOrdinal(text, to, i)) {
            return Span.NONE;
        }
        int names = 0;
        boolean first = true;
        for (int word = 0; word < 5; word++) {
            int end = i;
            while (end < to
                    && (Bytes.is(text[end], Bytes.ALNUM | Bytes.NON_ASCII) || text[end] == '\'' || text[end] == '-')) {
                end++;
            }
            if (end == i) {
                return Span.NONE;
            }
            if (first && ROMANCE.has(text, i, end) && Bytes.is(text[i], Bytes.LOWER)) {
                return romanceTail(text, to, start, end);
            }
            boolean capital = Bytes.is(text[i], Bytes.UPPER) || Bytes.is(text[i], Bytes.DIGIT);
            if (!capital) {
                return Span.NONE;
            }
            if (names > 0 && SUFFIXES.has(text, i, end)) {
                int after = Bytes.has(text, at, to, end, '.') ? end + 1 : end;
                return Span.of(start, after);
            }
            names += DIRECTIONS.has(text, i, end) ? 0 : 1;
            first = false;
            i = Bytes.has(text, at, to, end, '.') ? end + 1 : end;
            if (!Bytes.has(text, at, to, i, ' ')) {
                return Span.NONE;
            }
            i++;
        }
        return Span.NONE;
    }

    /** Where 12-14, 12a–14b or 4/32 begins, of which the last number does at an index; the same index if it is alone. */
    private static int rangeStart(byte[] text, int from, int at) {
        int end = Bytes.has(text, from, at, at - 1, '-') || Bytes.has(text, from, at, at - 1, '/') ? at - 1 : at;
        if (at - EN_DASH.length >= from && Bytes.startsWith(text, at - EN_DASH.length, at, EN_DASH)) {
            end = at - EN_DASH.length;
        }
        int digits = Bytes.is(text, from, end, end - 1, Bytes.LETTER) ? end - 1 : end;
        int start = digits;
        while (digits - start < MOST_DIGITS && Bytes.is(text, from, end, start - 1, Bytes.DIGIT)) {
            start--;
        }
        return end < at && start < digits ? start : at;
    }

    /** Whether a number is 1900 to 2099. */
    private static boolean isYear(byte[] text, int to, int at) {
        return Bytes.runEnd(text, at, to, Bytes.DIGIT) == at + 4
                && (Bytes.startsWith(text, at, to, "19") || Bytes.startsWith(text, at, to, "20"));
    }

    /** Whether there is "No." or "Nr." before. */
    private static boolean isAbbreviated(byte[] text, int from, int at) {
        int n = at - NUMBER;
        return n >= from
                && (Bytes.startsWithIgnoreCase(text, n, at, "no.") || Bytes.startsWithIgnoreCase(text, n, at, "nr."))
                && Bytes.beginsAt(text, from, n, Bytes.WORD);
    }

    /** Whether a word such as 5th begins here. */
    private static boolean isOrdinal(byte[] text, int to, int at) {
        int end = Bytes.runEnd(text, at, Math.min(to, at + 3), Bytes.DIGIT);
        return end > at && Bytes.is(text, at, to, end, Bytes.LOWER);
    }

    /** Behind "12 rue": a few words, one of them capitalised. */
    private static long romanceTail(byte[] text, int to, int at, int end) {
        int i = end;
        int limit = Math.min(to, end + 40);
        while (i < limit && text[i] != ',' && text[i] != '\n' && text[i] != '"') {
            if (Bytes.is(text[i], Bytes.UPPER)) {
                int word = Names.wordEnd(text, to, i);
                return word < 0 ? Span.NONE : Span.of(at, word);
            }
            i++;
        }
        return Span.NONE;
    }

    /** Behind "Calle": a name and a number. */
    private static long romance(byte[] text, int to, int at, int name) {
        int limit = Math.min(to, name + 40);
        if (!Bytes.is(text, at, to, name, Bytes.UPPER | Bytes.LOWER | Bytes.NON_ASCII)) {
            return Span.NONE;
        }
        for (int i = name; i < limit && text[i] != '\n' && text[i] != '"'; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT) && (text[i - 1] == ' ' || text[i - 1] == ',')) {
                int end = Bytes.runEnd(text, i, to, Bytes.DIGIT);
                return end - i <= 4 && Digits.endAt(text, to, end) ? Span.of(at, end) : Span.NONE;
            }
        }
        return Span.NONE;
    }

    /** A German street and its number, or a box. */
    private static long german(byte[] text, int from, int to, int at) {
        int i = at;
        while (i < to && i - at < 12 && !Bytes.is(text[i], Bytes.DIGIT)) {
            i++;
        }
        int end = Bytes.runEnd(text, i, to, Bytes.DIGIT);
        if (end == i
                || end - i > 5
                || !Digits.endAt(text, to, Bytes.is(text, i, to, end, Bytes.LOWER) ? end + 1 : end)) {
            return Span.NONE;
        }
        int start = at;
        while (start > from
                && at - start < 40
                && Bytes.is(text[start - 1], Bytes.LETTER | Bytes.NON_ASCII | Bytes.HYPHEN)) {
            start--;
        }
        boolean box = (text[at] | 0x20) == 'p' && (text[at + 1] | 0x20) != 'l';
        return box || Bytes.is(text[start], Bytes.UPPER | Bytes.NON_ASCII) ? Span.of(start, end) : Span.NONE;
    }
}
