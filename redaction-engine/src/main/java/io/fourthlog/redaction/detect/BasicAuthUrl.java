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
                        "redis://:p4ssw0rd@cache:6379/0"),
                List.of(
                        "https://bob@example.net/path",
                        "http://localhost:8080/@scope/package",
                        "https://user:${PASSWORD}@host/",
                        "https://user:<password>@host/",
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
        int i = user;
        while (i < limit && isUserInfo(text[i])) {
            if (text[i] == ':' && colon < 0) {
                colon = i;
            }
            i++;
        }
        boolean password = colon >= 0 && i > colon + 1 && !isPlaceholder(text, colon + 1, i);
        return scheme < at && password && Bytes.has(text, from, limit, i, '@') ? Span.of(scheme, i) : Span.NONE;
    }

    private static boolean isScheme(byte b) {
        return Bytes.is(b, Bytes.ALNUM) || b == '+' || b == '.' || b == '-';
    }

    private static boolean isUserInfo(byte b) {
        return switch (b) {
            case '@', '/', '?', '#', '"', '\'', '`', '\\', '<', '>' -> false;
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
