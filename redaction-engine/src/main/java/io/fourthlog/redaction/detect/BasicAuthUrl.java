package io.fourthlog.redaction.detect;

import java.util.List;

/** A password in a URL: {@code scheme://user:password@host}. */
final class BasicAuthUrl implements Detector {

    private static final int MAX_SCHEME = 20; // bytes
    private static final int MAX_USER_INFO = 512; // bytes

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:basic-auth-url",
                "A user and a password in front of the host of a URL or a connection string",
                "",
                "",
                "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
                List.of(
                        "postgres://app:s3cr3t!pw@db.internal:5432/orders",
                        "https://deploy:Zx9%21kq@registry.example.net/v2/",
                        "redis://:p4ssw0rd@cache:6379/0",
                        "smtps://jane@example.com:Zx9k2qLw@smtp.example.com:465"),
                List.of(
                        "https://bob@example.net/path",
                        "http://localhost:8080/@scope/package",
                        "https://user:${PASSWORD}@host/",
                        "https://user:<password>@host/",
                        "postgres://user:password@localhost/db",
                        "mysql://root:YOUR_PASSWORD@db/",
                        "https://example.net/a:b@c"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.after(ByteSet.of("A-Za-z0-9"), "://"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int scheme = at;
        while (scheme > from && at - scheme < MAX_SCHEME && isScheme(text[scheme - 1])) {
            scheme--;
        }
        int user = at + 3;
        int limit = Math.min(to, user + MAX_USER_INFO);
        int colon = -1;
        int end = -1; // at the last at sign: the name of a mailbox has one of its own
        for (int i = user; i < limit && isAuthority(text[i]); i++) {
            if (text[i] == ':' && colon < 0) {
                colon = i;
            }
            end = text[i] == '@' && colon >= 0 ? i : end;
        }
        boolean password =
                end > colon + 1 && !isPlaceholder(text, colon + 1, end) && !StandIns.isPassword(text, colon + 1, end);
        return scheme < at && password ? Span.of(scheme, end) : Span.NONE;
    }

    private static boolean isScheme(byte b) {
        return Bytes.is(b, Bytes.ALNUM) || b == '+' || b == '.' || b == '-';
    }

    private static boolean isAuthority(byte b) {
        return switch (b) {
            case '/', '?', '#', '"', '\'', '`', '\\', '<', '>' -> false;
            default -> b > ' ' || b < 0;
        };
    }

    private static boolean isPlaceholder(byte[] text, int from, int to) {
        byte first = text[from];
        boolean same = true;
        for (int i = from; i < to; i++) {
            same &= text[i] == first;
        }
        return first == '$' || first == '{' || first == '[' || (first == '%' && text[to - 1] == '%') || same;
    }
}
