package io.fourthlog.redaction.detect;

import java.util.List;

/** JSON Web Keys with their private or symmetric part. */
final class JsonWebKey implements Detector {

    private static final String KIND = "\"kty\"";
    private static final int MIN_PART = 20; // base64url characters

    @Override
    public Documentation documentation() {
        return Documentation.of("secret:private-key")
                .summary("JSON Web Keys with a private part (`d`) or a symmetric key (`k`)")
                .validator("members of the key")
                .source("https://www.rfc-editor.org/rfc/rfc7517")
                .finds(
                        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"" + "rsqlvYQqGL9TMknwnJNH6nysbCjCwBZW\"}",
                        "{\"k\": \"" + "JOBrUgazX5M4W4Nc8OHuiXzSj9Cof\", \"kty\": \"oct\"}")
                .passes("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}");
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.literal(KIND));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.startsWith(text, at, to, KIND)) {
            return Span.NONE;
        }
        for (int i = from; i + 2 < to; i++) {
            if (text[i] == '"' && (text[i + 1] == 'd' || text[i + 1] == 'k') && text[i + 2] == '"') {
                int value = i + 3;
                while (value < to && (text[value] == ':' || text[value] == '"' || Bytes.is(text[value], Bytes.SPACE))) {
                    value++;
                }
                int end = Bytes.runEnd(text, value, to, Bytes.BASE64URL);
                if (end - value >= MIN_PART) {
                    return Span.of(Math.min(at, value), Math.max(at + KIND.length(), end));
                }
            }
        }
        return Span.NONE;
    }
}
