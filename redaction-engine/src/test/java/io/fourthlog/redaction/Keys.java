package io.fourthlog.redaction;

import java.nio.charset.StandardCharsets;

/** Keys and texts for tests. */
final class Keys {

    static final Hmac HMAC = Hmac.of("k1", "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
    static final Hmac OTHER = Hmac.of("k2", "fedcba9876543210fedcba9876543210".getBytes(StandardCharsets.US_ASCII));

    private Keys() {}

    static Plaintext plaintext(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Plaintext.copyOf(bytes, 0, bytes.length);
    }

    static Redacted redact(String text) {
        try (Plaintext plaintext = plaintext(text)) {
            return RedactionEngine.create(Profile.builtin(), HMAC).redact(plaintext);
        }
    }

    static RedactedJson redactJson(String json) {
        return redactJson(Profile.builtin(), json);
    }

    static RedactedJson redactJson(Profile profile, String json) {
        try (Plaintext plaintext = plaintext(json)) {
            return RedactionEngine.create(profile, HMAC).redactJson(plaintext);
        }
    }

    static Profile compiled(ProfileSource source) {
        return switch (ProfileCompiler.compile(source)) {
            case ProfileCompiler.Result.Compiled(Profile profile) -> profile;
            case ProfileCompiler.Result.Refused refused -> throw new AssertionError(refused.errors());
        };
    }
}
