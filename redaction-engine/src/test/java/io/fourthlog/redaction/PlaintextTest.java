package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Serializable;
import org.junit.jupiter.api.Test;

final class PlaintextTest {

    private static final byte[] SECRET = "hunter2 is the password".getBytes(UTF_8);

    @Test
    void itPrintsItsLengthOnly() {
        assertThat(Plaintext.copyOf(SECRET, 0, 7))
                .hasToString("Plaintext[7 bytes]")
                .isNotInstanceOf(Serializable.class);
    }

    @Test
    void closingZeroesItAndNothingReadsItAfterwards() {
        Plaintext text = Plaintext.copyOf(SECRET, 0, SECRET.length);
        byte[] inside = text.bytes();
        text.close();
        text.close();

        assertThat(inside).containsOnly(0);
        assertThat(text.length()).isEqualTo(SECRET.length);
        assertThatThrownBy(() ->
                        RedactionEngine.create(Profile.builtin(), Keys.HMAC).redact(text))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aBufferKeepsWhatFitsAndCountsTheRest() {
        try (PlaintextBuffer buffer = new PlaintextBuffer(10)) {
            assertThat(buffer.append(SECRET, 0, 8)).isTrue();
            assertThat(buffer.append(SECRET, 8, 8)).isFalse();
            assertThat(buffer.append(SECRET, 0, 3)).isFalse();
            assertThat(buffer).hasToString("PlaintextBuffer[10 of 10 bytes]");
            assertThat(buffer.discarded()).isEqualTo(9);
            try (Plaintext sealed = buffer.seal()) {
                assertThat(sealed.length()).isEqualTo(10);
                assertThat(buffer.length()).isZero();
                assertThat(buffer.discarded()).isZero();
            }
        }
    }

    @Test
    void aBufferThatGrowsLeavesNothingBehind() {
        try (PlaintextBuffer buffer = new PlaintextBuffer(1 << 20)) {
            for (int i = 0; i < 1000; i++) {
                buffer.append(SECRET, 0, SECRET.length);
            }
            try (Plaintext sealed = buffer.seal()) {
                assertThat(sealed.length()).isEqualTo(1000 * SECRET.length);
                assertThat(new String(sealed.bytes(), 999 * SECRET.length, SECRET.length, UTF_8))
                        .isEqualTo("hunter2 is the password");
            }
        }
    }
}
