package io.fourthlog.redaction.detect;

import java.util.List;

/** Credentials on command lines: of curl, and in the headers that it is given. */
final class CommandLineSecret implements Detector {

    private static final int REACH = 400; // bytes of a command that are looked at
    private static final int MIN_ALONE = 8; // characters of a password without a user, or the other way round

    @Override
    public Documentation documentation() {
        return Documentation.of("secret:curl-auth")
                .summary("User and password that curl is given with -u or --user")
                .validator("a colon with something on both sides")
                .source("https://curl.se/docs/manpage.html#-u")
                .finds(
                        "curl -u admin:" + "s3cr3tPw https://example.com",
                        "curl -sS --user 'deploy:" + "Zx9!kq' https://example.com",
                        "curl --user deploy:'" + "Zx9!kqLw' https://example.com",
                        "curl -u \"" + "h5RmT31wQb8n:\" https://example.com")
                .passes(
                        "curl -u $USER:$PASS https://example.com",
                        "curl -u admin https://example.com",
                        "curl -u user:password https://example.com",
                        "curl -u <user:secret> https://example.com",
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
        byte quote = isQuote(text, to, at) ? text[at] : 0;
        int start = quote == 0 ? at : at + 1;
        int colon = -1;
        int end = start;
        while (end < to && !endsAt(text, to, end, quote, colon)) {
            colon = text[end] == ':' && colon < 0 ? end : colon;
            end++;
        }
        int password = colon + (isQuote(text, to, colon + 1) ? 2 : 1);
        int passwordEnd = end;
        boolean user = colon > start;
        boolean both = colon >= start && end - password > 2 && (user || end - password >= MIN_ALONE);
        boolean alone = colon == end - 1 && colon - start >= MIN_ALONE; // a token instead of a user
        boolean secret = both ? isGiven(text, password, passwordEnd) : alone && isGiven(text, start, colon);
        return secret ? Span.of(start, end) : Span.NONE;
    }

    /** Whether user and password end here; each can have quotes of its own. */
    private static boolean endsAt(byte[] text, int to, int at, byte quote, int colon) {
        boolean afterColon = colon >= 0 && colon == at - 1;
        if (quote == 0) {
            return Bytes.is(text[at], Bytes.SPACE) || (isQuote(text, to, at) && !afterColon);
        }
        boolean secondBegins = afterColon && text[colon - 1] == quote;
        return text[at] == '\n' || (text[at] == quote && !Bytes.has(text, 0, to, at + 1, ':') && !secondBegins);
    }

    private static boolean isGiven(byte[] text, int from, int to) {
        boolean reference = text[from] == '$' || text[from] == '<' || text[from] == '{' || text[from] == '[';
        return !reference && text[to - 1] != '>' && !StandIns.isPassword(text, from, to);
    }

    private static boolean isQuote(byte[] text, int to, int at) {
        return at < to && (text[at] == '"' || text[at] == '\'');
    }
}
