package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import io.fourthlog.redaction.detect.Anchor.Neighbour;
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
        return List.of(
                new DigitRun(Neighbour.ANY, 1, 2, Neighbour.COLON | Neighbour.HYPHEN | Neighbour.LETTER),
                new DigitRun(Neighbour.ANY, 1, 4, Neighbour.DOT | Neighbour.LETTER));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int start = at;
        while (start > from && at - start < 17 && isPart(text[start - 1])) {
            start--;
        }
        if (Bytes.is(text, from, to, start - 1, Bytes.WORD)) {
            return Span.NONE;
        }
        int pairs = end(text, to, start, 6, 2, ":-");
        int end = pairs >= 0 ? pairs : end(text, to, start, 3, 4, ".");
        return end < 0 ? Span.NONE : Span.of(start, end);
    }

    private static boolean isPart(byte b) {
        return Bytes.hexValue(b) >= 0 || b == ':' || b == '-' || b == '.';
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
