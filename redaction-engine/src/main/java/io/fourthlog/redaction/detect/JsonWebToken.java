package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** JSON Web Tokens, signed, unsigned and encrypted: the header has to decode to a JSON object with {@code alg}. */
final class JsonWebToken implements Detector {

    private static final int MAX_HEADER = 448; // base64url characters; the rest of the window shows the payload
    private static final int JWE_SEGMENTS = 5;
    private static final byte[] ALG = "alg".getBytes(StandardCharsets.US_ASCII);

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:jwt",
                "JSON Web Tokens in compact form (JWS and JWE), such as a Kubernetes service-account token",
                "",
                "",
                "https://www.rfc-editor.org/rfc/rfc7519",
                List.of(
                        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
                                + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
                        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
                                + ".eyJzdWIiOiIx\nMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
                        "eyJhbGciOiJub25lIn0" + ".e30.",
                        "eyJhbGciOiJub25lIn0" + ".eyJzdWIiOiIxMjM0In0"),
                List.of(
                        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
                        "eyJuYW1lIjoiYm9iIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                        "eyJub3RqcyBvbiBhdCBhbGw.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                        "beyJhbGciOiJub25lIn0.e30."));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.prefix("eyJ")); // {"
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.beginsAt(text, from, at, Bytes.BASE64URL)) {
            return Span.NONE;
        }
        int headerEnd = segmentEnd(text, at, to);
        if (!Bytes.has(text, at, to, headerEnd, '.') || headerEnd - at > MAX_HEADER) {
            return Span.NONE;
        }
        int payload = headerEnd + 1;
        int end = segmentEnd(text, payload, to);
        boolean emptyPayload = end == payload;
        int segments = 2;
        while (segments < JWE_SEGMENTS && Bytes.has(text, at, to, end, '.')) {
            end = Bytes.runEnd(text, end + 1, to, Bytes.BASE64URL);
            segments++;
        }
        boolean complete = emptyPayload
                ? segments == JWE_SEGMENTS
                : segments > 2 || Bytes.startsWith(text, payload, to, "eyJ"); // unsigned, or longer than what is shown
        return complete && headerHasAlgorithm(text, at, headerEnd) ? Span.of(at, end) : Span.NONE;
    }

    /** Index after a segment that a dot has to follow, over line breaks before that. */
    private static int segmentEnd(byte[] text, int at, int to) {
        int end = at;
        while (true) {
            end = Bytes.runEnd(text, end, to, Bytes.BASE64URL);
            int next = Lines.skipBreak(text, end, to);
            if (next == end || !(Bytes.is(text, at, to, next, Bytes.BASE64URL) || Bytes.has(text, at, to, next, '.'))) {
                return end;
            }
            end = next;
        }
    }

    private static boolean headerHasAlgorithm(byte[] text, int from, int to) {
        byte[] header = new byte[(to - from) * 3 / 4];
        decode(text, from, to, header);
        JsonReader reader = new JsonReader().reset(header, 0, header.length);
        boolean found = false;
        if (reader.next() == Token.OBJECT_START) {
            while (reader.next() == Token.FIELD_NAME) {
                boolean algorithm = reader.fieldNameEquals(ALG);
                reader.skipValue();
                found |= algorithm && reader.token() == Token.STRING;
            }
        }
        boolean whole = reader.token() == Token.OBJECT_END && reader.next() == Token.END;
        Arrays.fill(header, (byte) 0);
        return whole && found;
    }

    private static void decode(byte[] text, int from, int to, byte[] target) {
        int bits = 0;
        int out = 0;
        int sextets = 0;
        for (int i = from; i < to; i++) {
            if (!Bytes.is(text[i], Bytes.BASE64URL)) {
                continue; // of a line break
            }
            bits = bits << 6 | sextet(text[i]);
            int rest = sextets++ & 3;
            if (rest > 0 && out < target.length) {
                target[out++] = (byte) (bits >> (6 - 2 * rest));
            }
        }
    }

    private static int sextet(byte b) {
        if (Bytes.is(b, Bytes.UPPER)) {
            return b - 'A';
        }
        if (Bytes.is(b, Bytes.LOWER)) {
            return b - 'a' + 26;
        }
        return Bytes.is(b, Bytes.DIGIT) ? b - '0' + 52 : b == '-' ? 62 : 63;
    }
}
