package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.List;

/** What is on the magnetic stripe of a payment card: track 1 and track 2. */
final class TrackData implements Detector {

    private static final int REST = 60; // bytes after the card number

    @Override
    public Documentation documentation() {
        return Documentation.of("PCI:track")
                .summary("Magnetic stripe data, track 1 and track 2")
                .validator("Luhn; separators and expiry at their places")
                .source("ISO/IEC 7813")
                .finds("%B4111111111111111^DOE/JANE^27121010000000000?", ";4111111111111111=27121010000000000?")
                .passes(
                        "%B4111111111111112^DOE/JANE^27121010000000000?",
                        "a=4111111111111111=2", ";4111111111111111=2713");
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(DigitRun.of(12, 19).before(";B").after("=^"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        if (!CheckDigits.luhn(text, at, end)) {
            return Span.NONE;
        }
        if (Bytes.has(text, from, to, at - 1, ';')
                && Bytes.has(text, from, to, end, '=')
                && isExpiry(text, to, end + 1)) {
            return Span.of(at - 1, Bytes.runEnd(text, end + 1, to, Bytes.DIGIT));
        }
        boolean first = Bytes.has(text, from, to, at - 1, 'B')
                && Bytes.has(text, from, to, at - 2, '%')
                && Bytes.has(text, from, to, end, '^');
        if (first) {
            int limit = Math.min(to, end + REST);
            for (int i = end + 1; i < limit; i++) {
                if (text[i] == '^') {
                    return isExpiry(text, to, i + 1)
                            ? Span.of(at - 2, Bytes.runEnd(text, i + 1, to, Bytes.DIGIT))
                            : Span.NONE;
                }
            }
        }
        return Span.NONE;
    }

    private static boolean isExpiry(byte[] text, int to, int at) {
        int month = Digits.number(text, to, at + 2, 2);
        return Digits.number(text, to, at, 2) >= 0 && month >= 1 && month <= 12;
    }
}
