package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.List;

/** Hardware addresses of six bytes: pairs with colons or hyphens, or three groups of four with dots. */
final class MacAddress implements Detector {

    @Override
    public Documentation documentation() {
        return Documentation.of("PII:mac")
                .summary("Hardware (MAC) addresses; not the broadcast address and not zero")
                .validator("form")
                .source("IEEE 802")
                .finds("00:1A:2B:3C:4D:5E", "link/ether 02-42-ac-11-00-02", "0200.5e10.abcd")
                .passes(
                        "00:00:00:00:00:00",
                        "12:34:56",
                        "00:1A:2B:3C:4D:5E:6F",
                        "00:1A-2B:3C:4D:5E",
                        "2020.1010.2020 items");
    }

    @Override
    public List<Anchor> anchors() {
        String pair = ":-";
        String hex = "0-9A-Fa-f";
        String letter = "A-Fa-f";
        String free = "^A-Za-z_" + ByteSet.BEYOND;
        return List.of(
                // 01:23, 01:ab
                DigitRun.of(2).before(free + pair).after(pair, hex).next(0, 2, letter + pair),
                // ab:01: and not what goes on from 23:01:
                DigitRun.of(2).before(pair, "^0-9").after(pair),
                // a1:
                DigitRun.of(1).before(letter, "^0-9A-Za-z_").after(pair),
                // 1a:, and 1a2b of 1a2b.3c4d.5e6f
                DigitRun.of(1).before("^A-Za-z_+(./)" + ByteSet.BEYOND).after(letter, pair),
                DigitRun.of(1).before("^A-Za-z_+(./)" + ByteSet.BEYOND).after(letter, hex, hex),
                DigitRun.of(4).before(free + ".").after(".", hex).next(0, 4, letter + "."),
                DigitRun.of(1, 3).before(letter).after(".", hex).next(0, 4, letter + "."));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        byte before = text[at - 1];
        if ((before == ':' || before == '-') && Bytes.is(text, from, to, at - 2, Bytes.DIGIT)) {
            return Span.NONE; // was looked at from the pair before
        }
        int pair = Bytes.hexValue(before) >= 0 && at > from ? at - 1 : at;
        boolean pairs = pair + 2 < to && (text[pair + 2] == ':' || text[pair + 2] == '-');
        int start = pairs
                ? first(text, from, pair)
                : Bytes.has(text, from, to, group(text, from, at) + 4, '.') ? group(text, from, at) : -1;
        if (start < 0 || Bytes.is(text, from, to, start - 1, Bytes.WORD)) {
            return Span.NONE;
        }
        int end = pairs ? end(text, to, start, 6, 2, ":-") : end(text, to, start, 3, 4, ".");
        return end < 0 ? Span.NONE : Span.of(start, end);
    }

    /** Index of the first pair of those that a pair goes on from. */
    private static int first(byte[] text, int from, int pair) {
        int start = pair;
        byte separator = text[pair + 2];
        while (start - 3 >= from
                && pair - start < 15
                && text[start - 1] == separator
                && Bytes.hexValue(text[start - 2]) >= 0
                && Bytes.hexValue(text[start - 3]) >= 0) {
            start -= 3;
        }
        return start;
    }

    private static int group(byte[] text, int from, int at) {
        int start = at;
        while (start > from && at - start < 3 && Bytes.hexValue(text[start - 1]) >= 0) {
            start--;
        }
        return start;
    }

    private static int end(byte[] text, int to, int at, int groups, int digits, String separators) {
        int length = groups * (digits + 1) - 1;
        if (at + length > to || separators.indexOf(text[at + digits]) < 0) {
            return -1;
        }
        boolean letters = false;
        boolean nonZero = false;
        boolean notBroadcast = false;
        for (int i = 0; i < length; i++) {
            byte b = text[at + i];
            if (i % (digits + 1) == digits) {
                if (b != text[at + digits]) {
                    return -1;
                }
            } else if (Bytes.hexValue(b) < 0) {
                return -1;
            } else {
                letters |= Bytes.is(b, Bytes.LETTER);
                nonZero |= b != '0';
                notBroadcast |= (b | 0x20) != 'f';
            }
        }
        int end = at + length;
        boolean goesOn = Bytes.is(text, at, to, end, Bytes.WORD)
                || (Bytes.has(text, at, to, end, (char) text[at + digits])
                        && Bytes.is(text, at, to, end + 1, Bytes.ALNUM));
        return nonZero && notBroadcast && !goesOn && (letters || digits == 2) ? end : -1;
    }
}
