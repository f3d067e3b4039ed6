package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Email addresses as people write them (the dot-atom form of RFC 5322), not what only looks like one in code and URLs. */
final class EmailAddress implements Detector {

    private static final int MAX_LOCAL = 64; // bytes, RFC 5321
    private static final int MAX_DOMAIN = 253; // bytes
    private static final int MAX_TOP_LEVEL = 24; // bytes, the longest one delegated
    private static final int MAX_URL = 128; // bytes looked back for ://

    /** What ends a file name or a systemd unit, and no delegated domain. */
    private static final Set<String> NOT_TOP_LEVEL = Stream.of(
                    "png jpg jpeg gif svg webp bmp ico css js mjs cjs jsx ts tsx map json html htm xml yaml yml txt log conf"
                            + " cfg ini tgz gz tar jar exe dll service socket target timer mount automount slice scope device"
                            + " swap")
            .flatMap(words -> Stream.of(words.split(" ")))
            .collect(Collectors.toUnmodifiableSet());

    @Override
    public Documentation documentation() {
        return new Documentation(
                "PII:email",
                "Email addresses with a domain name; not user information of URLs, file names, units or git remotes",
                "",
                "",
                "https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1",
                List.of(
                        "mail jane.doe+billing@mail.example.co.uk, please",
                        "<o'brien_99@xn--bcher-kva.example>",
                        "请联系bob@example.com。",
                        "jürgen@example.de",
                        "почта@пример.рф",
                        "jane@example.\u0441om",
                        "mailto:a@b.io?subject=x"),
                List.of(
                        "git@github.com:torvalds/linux.git",
                        "ssh://git@github.com/torvalds/linux",
                        "https://user:secret@host.example/",
                        "logo@2x.png",
                        "getty@tty1.service",
                        "npm install react@18.2.0 @types/node@20.11.5",
                        "@Override public void a()",
                        "root@localhost",
                        "x = a@b.T; y = model@weights.transpose()",
                        "user@example..com"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(new Anchor.AtSign());
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int start = localStart(text, from, at);
        if (start == at || at - start > MAX_LOCAL) {
            return Span.NONE;
        }
        int end = domainEnd(text, at + 1, Math.min(to, at + 1 + MAX_DOMAIN));
        if (end < 0 || Bytes.has(text, from, to, end, '_') || Bytes.has(text, from, to, end, '(')) {
            return Span.NONE;
        }
        boolean gitRemote = Bytes.startsWith(text, start, to, "git@") && Bytes.has(text, from, to, end, ':');
        return gitRemote || isUserInfo(text, from, start) ? Span.NONE : Span.of(start, end);
    }

    private static int localStart(byte[] text, int from, int at) {
        int start = at;
        while (start > from && at - start <= MAX_LOCAL) {
            byte b = text[start - 1];
            if (isLocal(b) && !(b == '.' && text[start] == '.')) {
                start--;
            } else if (isLetterBeyondAscii(text, from, start)) {
                start -= 2;
            } else {
                break;
            }
        }
        while (start < at && !Bytes.is(text[start], Bytes.WORD | Bytes.NON_ASCII)) {
            start++;
        }
        return start;
    }

    private static boolean isLocal(byte b) {
        return Bytes.is(b, Bytes.WORD) || b == '.' || b == '-' || b == '+' || b == '%' || b == '\'';
    }

    /** A two-byte sequence from U+00C0 on: letters of alphabets that are written with spaces between words. */
    private static boolean isLetterBeyondAscii(byte[] text, int from, int end) {
        if (end - 2 < from) {
            return false;
        }
        int lead = text[end - 2] & 0xFF;
        int continuation = text[end - 1] & 0xFF;
        return lead >= 0xC3 && lead <= 0xDF && continuation >= 0x80 && continuation <= 0xBF;
    }

    private static boolean isLetterBeyondAscii(byte lead) {
        return (lead & 0xFF) >= 0xC3 && (lead & 0xFF) <= 0xDF;
    }

    /** Whether a label is of two letters or more, some of them beyond ASCII. */
    private static boolean isBeyondAscii(byte[] text, int label, int end) {
        int letters = 0;
        int i = label;
        while (i < end && end - label <= MAX_TOP_LEVEL) {
            if (isLetterBeyondAscii(text[i]) && Bytes.is(text, label, end, i + 1, Bytes.NON_ASCII)) {
                i += 2;
            } else if (Bytes.is(text[i], Bytes.LETTER)) {
                i++;
            } else {
                return false;
            }
            letters++;
        }
        return letters > 1 && letters < end - label && i == end;
    }

    /** Index after the domain name that starts here, or -1. */
    private static int domainEnd(byte[] text, int at, int limit) {
        int label = at;
        int labels = 0;
        while (true) {
            int end = Bytes.runEnd(text, label, limit, Bytes.ALNUM | Bytes.HYPHEN | Bytes.NON_ASCII);
            if (end == label || text[label] == '-' || text[end - 1] == '-') {
                return -1;
            }
            labels++;
            boolean another = end + 1 < limit
                    && text[end] == '.'
                    && Bytes.is(text[end + 1], Bytes.ALNUM | Bytes.HYPHEN | Bytes.NON_ASCII);
            boolean goesOn = another
                    && (Bytes.is(text[end + 1], Bytes.ALNUM) || (labels < 2 && isLetterBeyondAscii(text[end + 1])));
            if (!goesOn) {
                boolean emptyLabel = Bytes.has(text, at, limit, end, '.') && Bytes.has(text, at, limit, end + 1, '.');
                return labels < 2 || emptyLabel ? -1 : topLevelEnd(text, label, end);
            }
            label = end + 1;
        }
    }

    /**
     * Index after the last label: letters of alphabets that are written with spaces between words, or ASCII letters, which may run into
     * text without a space.
     */
    private static int topLevelEnd(byte[] text, int label, int end) {
        if (Bytes.startsWith(text, label, end, "xn--") || isBeyondAscii(text, label, end)) {
            return end;
        }
        int letters = Bytes.runEnd(text, label, end, Bytes.LETTER);
        boolean plausible = letters - label >= 2
                && letters - label <= MAX_TOP_LEVEL
                && (letters == end || Bytes.is(text[letters], Bytes.NON_ASCII));
        return plausible && !isFileExtension(text, label, letters) ? letters : -1;
    }

    private static boolean isFileExtension(byte[] text, int from, int to) {
        for (String word : NOT_TOP_LEVEL) {
            if (Bytes.equalsIgnoreCase(text, from, to, word)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the local part is the user information of a URL: {@code ://} is before it with no slash in between. */
    private static boolean isUserInfo(byte[] text, int from, int start) {
        int oldest = Math.max(from + 2, start - MAX_URL);
        for (int i = start - 1; i >= oldest; i--) {
            if (text[i] == '/') {
                return text[i - 1] == '/' && text[i - 2] == ':';
            }
            if (Bytes.is(text[i], Bytes.SPACE) || text[i] == '"' || text[i] == '<' || text[i] == '?') {
                return false;
            }
        }
        return false;
    }
}
