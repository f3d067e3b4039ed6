package io.fourthlog.redaction;

import java.nio.charset.StandardCharsets;

/** Opens a Plaintext for assertions, which only this package may: tests of the sensor compare what it hands over. */
public final class Peek {
    private Peek() {}

    public static String text(final Plaintext plaintext) {
        return new String(plaintext.bytes(), 0, plaintext.length(), StandardCharsets.UTF_8);
    }
}
