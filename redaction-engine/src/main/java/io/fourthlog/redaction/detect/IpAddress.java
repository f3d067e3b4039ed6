package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.List;

/** IPv4 addresses in dotted form and IPv6 addresses in the forms of RFC 4291, not versions, masks and times. */
final class IpAddress implements Detector {

    private static final int CONTEXT = 12; // bytes before in which a version says that it is one
    private static final Phrases VERSION = Phrases.of("version", "release", "build", " ver", "chrome/", "revision");
    private static final int MAX_V6 = 45; // characters
    private static final int GROUPS = 8;
    private static final char BEYOND = ByteSet.BEYOND;

    @Override
    public Documentation documentation() {
        return Documentation.of("PII:ip")
                .summary("IPv4 and IPv6 addresses; not 0.0.0.0, masks, and what is called a version")
                .validator("range of every part")
                .source("https://www.rfc-editor.org/rfc/rfc4291#section-2.2")
                .finds(
                        "192.168.100.200:8080",
                        "from 8.8.8.8,",
                        "fe80::1ff:fe23:4567:890a",
                        "[2001:db8::8a2e:370:7334]",
                        "::ffff:192.0.2.128",
                        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
                        "via fe80::1%eth0",
                        "listens on ::1",
                        "http://[::1]:8080/",
                        "It is 2001:db8::1.")
                .passes(
                        "1.22.333.4",
                        "version 1.2.3.4",
                        "v10.0.0.1",
                        "1.2.3.4.5",
                        "255.255.255.0",
                        "0.0.0.0",
                        "12:34:56",
                        "a::b",
                        "std::vector",
                        "items[::1]",
                        "2001:db8::256.1.1.1",
                        "01:23:45:67:89:ab",
                        "1.3.6.1.4.1.311");
    }

    @Override
    public List<Anchor> anchors() {
        String hexOrColon = "0-9A-Fa-f:";
        return List.of(
                // 1.2.3
                DigitRun.of(1, 3).before("^A-Za-z_." + BEYOND).after(".", "0-9").next(1, 3, "."),
                // 2001:db8
                DigitRun.of(1, 4).before("^A-Za-z_.:").after(":", hexOrColon).next(0, 4, "A-Fa-f:"),
                // fe80:
                DigitRun.of(1, 4).before("A-Fa-f").after(":"),
                // ::1, abc:1, and :1 where a text begins
                DigitRun.of(1, 4).before(":", "A-Fa-f:\n"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        boolean value = Bytes.has(text, from, to, at - 1, ':')
                && at - 2 >= from
                && Bytes.hexValue(text[at - 2]) < 0
                && text[at - 2] != ':';
        if (value
                && !Bytes.has(text, from, to, at + 1, '.')
                && !Bytes.has(text, from, to, at + 2, '.')
                && !Bytes.has(text, from, to, at + 3, '.')) {
            return Span.NONE; // "port":8080
        }
        int end = Bytes.has(text, at, to, Bytes.runEnd(text, at, Math.min(to, at + 3), Bytes.DIGIT), '.')
                ? v4End(text, to, at)
                : -1;
        if (end >= 0 && !Bytes.is(text, from, to, at - 1, Bytes.WORD) && !Bytes.has(text, from, to, at - 1, '.')) {
            boolean begins = !Bytes.has(text, from, to, at - 1, ':') || !Bytes.has(text, from, to, at - 2, ':');
            return begins && !isVersion(text, from, at) && isUsed(text, at) ? Span.of(at, end) : v6(text, from, to, at);
        }
        return v6(text, from, to, at);
    }

    /** Index after the address that begins here and is one of its own, or -1. */
    private static int v4End(byte[] text, int to, int at) {
        int i = at;
        for (int part = 0; part < 4; part++) {
            int end = Bytes.runEnd(text, i, Math.min(to, i + 4), Bytes.DIGIT);
            int value = end - i > 3 ? 256 : Digits.number(text, to, i, end - i);
            if (end == i || value > 255 || (text[i] == '0' && end - i > 1)) {
                return -1;
            }
            if (part < 3 && !Bytes.has(text, at, to, end, '.')) {
                return -1;
            }
            i = part < 3 ? end + 1 : end;
        }
        boolean goesOn = Bytes.is(text, at, to, i, Bytes.WORD)
                || (Bytes.has(text, at, to, i, '.') && Bytes.is(text, at, to, i + 1, Bytes.ALNUM))
                || (Bytes.has(text, at, to, i, '-') && Bytes.is(text, at, to, i + 1, Bytes.WORD));
        return goesOn ? -1 : i;
    }

    /** Whether the group of hexadecimal digits around a digit has a colon at one of its ends. */
    private static boolean isNextToColon(byte[] text, int from, int to, int at) {
        if (Bytes.has(text, from, to, at - 1, ':')) {
            return true;
        }
        int before = at - 1;
        while (before >= from && at - before <= 4 && Bytes.hexValue(text[before]) >= 0) {
            before--;
        }
        int after = at + 1;
        while (after < to && after - at <= 4 && Bytes.hexValue(text[after]) >= 0) {
            after++;
        }
        return Bytes.has(text, from, to, before, ':') || Bytes.has(text, from, to, after, ':');
    }

    private static boolean isUsed(byte[] text, int at) {
        boolean mask = text[at] == '2' && text[at + 1] == '5' && text[at + 2] == '5';
        boolean unspecified = text[at] == '0' && text[at + 2] == '0';
        return !mask && !unspecified;
    }

    private static boolean isVersion(byte[] text, int from, int at) {
        int context = Math.max(from, at - CONTEXT);
        return VERSION.areIn(text, context, at);
    }

    private static long v6(byte[] text, int from, int to, int at) {
        boolean seenBefore = Bytes.has(text, from, to, at - 1, ':') && Bytes.is(text, from, to, at - 2, Bytes.DIGIT);
        if (seenBefore || !isNextToColon(text, from, to, at)) {
            return Span.NONE;
        }
        int start = at;
        int oldest = Math.max(from, at - MAX_V6);
        while (start > oldest && (Bytes.hexValue(text[start - 1]) >= 0 || text[start - 1] == ':')) {
            start--;
        }
        if (Bytes.is(text, from, to, start - 1, Bytes.WORD) || Bytes.has(text, from, to, start - 1, '.')) {
            return Span.NONE;
        }
        if (text[start] == ':' && !Bytes.has(text, start, to, start + 1, ':')) {
            start++;
        }
        int i = start;
        int groups = 0;
        int colons = 0;
        boolean compressed = false;
        while (i < to && groups <= GROUPS) {
            int end = i;
            while (end < to && end - i < 5 && Bytes.hexValue(text[end]) >= 0) {
                end++;
            }
            if (end - i > 4) {
                return Span.NONE;
            }
            if (end > i) {
                if (Bytes.has(text, start, to, end, '.')) { // the last 32 bits as IPv4
                    int v4 = v4End(text, to, i);
                    if (v4 < 0 && Bytes.is(text, start, to, end + 1, Bytes.ALNUM)) {
                        return Span.NONE;
                    }
                    groups += v4 < 0 ? 1 : 2; // else the end of a sentence
                    i = v4 < 0 ? end : v4;
                    break;
                }
                groups++;
                i = end;
            }
            if (!Bytes.has(text, start, to, i, ':')) {
                break;
            }
            if (Bytes.has(text, start, to, i + 1, ':')) {
                if (compressed || Bytes.has(text, start, to, i + 2, ':')) {
                    return Span.NONE;
                }
                compressed = true;
                i += 2;
            } else if (i + 1 < to && Bytes.hexValue(text[i + 1]) >= 0) {
                i++;
            } else {
                break;
            }
            colons++;
        }
        boolean whole = compressed ? groups <= GROUPS - 1 : groups == GROUPS;
        boolean longEnough = groups > 2 || (groups == 2 && beginsLikeAddress(text, start, colons));
        boolean loopback = groups == 1 && isLoopback(text, from, to, start, i);
        return whole && (longEnough || loopback) && !Bytes.is(text, start, to, i, Bytes.WORD)
                ? Span.of(start, i)
                : Span.NONE;
    }

    /** Of two groups with a gap, which could as well be the name of a thing in C++: whether the first is a whole one, or there are more colons. */
    private static boolean beginsLikeAddress(byte[] text, int start, int colons) {
        return colons > 1 || text[start] == ':' || (text[start + 4] == ':' && text[start + 5] == ':');
    }

    /** Whether it is ::1 as a word of its own or in a URL, and not a slice of Python. */
    private static boolean isLoopback(byte[] text, int from, int to, int start, int end) {
        if (end - start != 3 || text[start] != ':' || text[end - 1] != '1') {
            return false;
        }
        boolean bracket = Bytes.has(text, from, to, start - 1, '[');
        return bracket
                ? Bytes.has(text, from, to, start - 2, '/') || Bytes.has(text, from, to, end + 1, ':')
                : !Bytes.has(text, from, to, start - 1, ')') && !Bytes.has(text, from, to, end, ']');
    }
}
