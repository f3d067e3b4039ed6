package io.fourthlog.sensor.action;

import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What may persist of a credential that a request carried: a keyed hash, and of a JSON Web Token (RFC 7519) who it says
 * that its bearer is. Nothing checks its signature here, so all of it is what the workload says of itself.
 *
 * @param keyedHash {@code KEYID:hex}
 * @param serviceAccount {@code system:serviceaccount:NAMESPACE:NAME}, for a Kubernetes service account's token
 * @param scope audiences and scopes, {@code null} for an opaque credential
 * @param expires seconds since the epoch, or -1
 */
public record Credential(
        String keyedHash,
        @Nullable String serviceAccount,
        @Nullable List<String> scope,
        long expires) {
    private static final String SERVICE_ACCOUNT = "system:serviceaccount:";
    private static final String NAMES =
            "abcdefghijklmnopqrstuvwxyz0123456789.-:"; // of Kubernetes, with what is between them
    private static final int MAX_TOKEN = 16 << 10; // bytes; API servers refuse larger headers
    private static final int MAX_CLAIM = 512; // bytes of a subject, audience or scope
    private static final int MAX_SCOPES = 64;
    private static final int DEPTH = 16;

    /** Reads {@code bytes[from, to)}, which is not kept. */
    public static Credential of(final Hmac hmac, final byte[] bytes, final int from, final int to) {
        final String hash = hmac.keyedHash(bytes, from, to - from);
        final int payload = indexOfDot(bytes, from, to) + 1;
        final int signature = payload > from ? indexOfDot(bytes, payload, to) : -1;
        if (signature < payload || to - from > MAX_TOKEN) {
            return new Credential(hash, null, null, -1);
        }
        final byte[] encoded = Arrays.copyOfRange(bytes, payload, signature);
        byte[] claims = new byte[0];
        try {
            claims = Base64.getUrlDecoder().decode(encoded);
            return ofClaims(hash, claims);
        } catch (final IllegalArgumentException _) {
            return new Credential(hash, null, null, -1); // two dots and no token
        } finally {
            Arrays.fill(encoded, (byte) 0);
            Arrays.fill(claims, (byte) 0);
        }
    }

    /** Characters of what persists, at most two bytes each. */
    public int length() {
        return keyedHash.length()
                + (serviceAccount == null ? 0 : serviceAccount.length())
                + (scope == null ? 0 : scope.stream().mapToInt(String::length).sum());
    }

    private static int indexOfDot(final byte[] bytes, final int from, final int to) {
        for (int at = from; at < to; at++) {
            if (bytes[at] == '.') {
                return at;
            }
        }
        return from - 1;
    }

    private static Credential ofClaims(final String hash, final byte[] claims) {
        final JsonReader reader = new JsonReader(DEPTH).reset(claims, 0, claims.length);
        final List<String> scope = new ArrayList<>();
        String subject = null;
        long expires = -1;
        if (reader.next() == Token.OBJECT_START) {
            while (reader.next() == Token.FIELD_NAME) {
                final boolean isSubject = reader.fieldNameEquals(SUB);
                final boolean isScope = reader.fieldNameEquals(AUD) || reader.fieldNameEquals(SCOPE);
                final boolean isExpiry = reader.fieldNameEquals(EXP);
                reader.next();
                if (isSubject && reader.token() == Token.STRING) {
                    subject = text(reader);
                } else if (isScope) {
                    scopes(reader, scope);
                } else if (isExpiry && reader.isLong()) {
                    expires = reader.longValue();
                }
                reader.skipValue();
            }
        }
        if (reader.token() != Token.OBJECT_END || reader.next() != Token.END) {
            return new Credential(hash, null, null, -1);
        }
        final boolean kubernetes = subject != null
                && subject.startsWith(SERVICE_ACCOUNT)
                && subject.chars().allMatch(c -> NAMES.indexOf(c) >= 0);
        return new Credential(hash, kubernetes ? subject : null, List.copyOf(scope), expires);
    }

    private static void scopes(final JsonReader reader, final List<String> scope) {
        if (reader.token() == Token.STRING) {
            final String text = text(reader);
            final String[] names = text == null ? new String[0] : text.split(" ", -1);
            for (int i = 0; i < names.length && scope.size() < MAX_SCOPES; i++) {
                if (!names[i].isEmpty()) {
                    scope.add(names[i]);
                }
            }
        } else if (reader.token() == Token.ARRAY_START) {
            while (reader.next() == Token.STRING) {
                final String text = text(reader);
                if (text != null && scope.size() < MAX_SCOPES) {
                    scope.add(text);
                }
            }
        }
    }

    private static @Nullable String text(final JsonReader reader) {
        final int length = reader.end() - reader.start();
        if (length == 0 || length > MAX_CLAIM) {
            return null;
        }
        final byte[] utf8 = new byte[length];
        return new String(utf8, 0, reader.unescape(utf8, 0), StandardCharsets.UTF_8);
    }

    private static final byte[] SUB = "sub".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AUD = "aud".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SCOPE = "scope".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EXP = "exp".getBytes(StandardCharsets.US_ASCII);
}
