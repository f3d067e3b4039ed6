package io.fourthlog.redaction.detect;

import java.util.List;

/** Credentials on command lines: of curl, and in the headers that it is given. */
final class CommandLineSecret implements Detector {

    private static final int REACH = 400; // bytes of a command that are looked at

    @Override
    public Documentation documentation() {
        return Documentation.of("secret:curl-auth")
                .summary("User and password that curl is given with -u or --user")
                .validator("a colon with something on both sides")
                .source("https://curl.se/docs/manpage.html#-u")
                .finds(
                        "curl -u admin:" + "s3cr3tPw https://example.com",
                        "curl -sS --user 'deploy:" + "Zx9!kq' https://example.com")
                .passes(
                        "curl -u $USER:$PASS https://example.com",
                        "curl -u admin https://example.com",
                        "curl https://example.com:8080 --user-agent a:b1");
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.prefix("curl "));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int limit = Math.min(to, at + REACH);
        for (int i = at + 5; i + 4 < limit; i++) {
            if (text[i] == '\n' && text[i - 1] != '\\') {
                return Span.NONE;
            }
            if (text[i - 1] == ' ' && text[i] == '-') {
                int option = Bytes.startsWith(text, i, limit, "-u ")
                        ? i + 3
                        : Bytes.startsWith(text, i, limit, "--user ") || Bytes.startsWith(text, i, limit, "--user=")
                                ? i + 7
                                : -1;
                if (option > 0) {
                    return credentials(text, option, limit);
                }
            }
        }
        return Span.NONE;
    }

    private static long credentials(byte[] text, int at, int to) {
        int start = Bytes.has(text, at, to, at, '"') || Bytes.has(text, at, to, at, '\'') ? at + 1 : at;
        int colon = -1;
        int end = start;
        while (end < to && !Bytes.is(text[end], Bytes.SPACE) && text[end] != '"' && text[end] != '\'') {
            colon = text[end] == ':' && colon < 0 ? end : colon;
            end++;
        }
        boolean both = colon > start && end - colon > 3;
        return both && text[colon + 1] != '$' && text[colon + 1] != '<' && text[colon + 1] != '{'
                ? Span.of(start, end)
                : Span.NONE;
    }
}
