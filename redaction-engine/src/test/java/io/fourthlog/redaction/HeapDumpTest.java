package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dumps the heap, garbage included, after content went through the engine, and looks for it. */
final class HeapDumpTest {

    private static final int CANARY_LENGTH = 36; // characters, so that it makes a GitHub token
    private static final byte[] ALPHABET =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".getBytes(US_ASCII);

    @TempDir
    private Path folder;

    @Test
    void noContentIsLeftInTheHeap() throws IOException {
        byte[] masked = maskedCanary(ALPHABET);
        byte[] maskedDigits = maskedCanary("123456789".getBytes(US_ASCII));
        RedactionEngine engine = RedactionEngine.create(withCustomPattern(), Keys.HMAC);
        redactText(engine, masked);
        redactJson(engine, masked, maskedDigits);
        byte[] maskedEnd = maskedCanary(ALPHABET);
        redactLastBlock(engine, maskedEnd);

        Path dump = dump("after.hprof");
        assertThat(contains(dump, masked)).as("text in the dump").isFalse();
        assertThat(contains(dump, maskedDigits)).as("number in the dump").isFalse();
        assertThat(contains(dump, maskedEnd)).as("end of a text in the dump").isFalse();
    }

    @Test
    void noPromptIsLeftInTheHeapWhereASentenceModelClassifiesIt() throws IOException {
        byte[] masked = maskedCanary("abcdefghijklmnopqrstuvwxyz".getBytes(US_ASCII));
        try (PromptEmbeddings embeddings = new PromptEmbeddings(new LetterEmbedder.Provider())) {
            RedactionEngine engine = RedactionEngine.create(withCustomPattern(), Keys.HMAC, embeddings);
            Awaitility.await().until(embeddings::ready);
            byte[] text = assemble("please look into ", masked);
            try (Plaintext prompt = Plaintext.copyOf(text, 0, text.length)) {
                Arrays.fill(text, (byte) 0);
                LateClass late = engine.classifyLater(prompt).orElseThrow();
                Awaitility.await().until(() -> late.now().isPresent());
            }
        }
        assertThat(contains(dump("late.hprof"), masked)).isFalse();
    }

    @Test
    void theSearchFindsWhatIsLeftInTheHeap() throws IOException {
        byte[] masked = maskedCanary(ALPHABET);
        byte[] bytes = unmask(masked);
        String kept = new String(bytes, US_ASCII);
        Arrays.fill(bytes, (byte) 0);

        assertThat(contains(dump("kept.hprof"), masked)).isTrue();
        assertThat(kept).hasSize(CANARY_LENGTH);
    }

    private static void redactText(RedactionEngine engine, byte[] masked) {
        byte[] text =
                assemble("A key: ghp_", masked, ", a URL: https://u:", masked, "@host/, a ticket: CASE-", masked, " ");
        try (PlaintextBuffer buffer = new PlaintextBuffer(1 << 16)) {
            for (int at = 0; at < text.length; at += 7) {
                buffer.append(text, at, Math.min(7, text.length - at));
            }
            Arrays.fill(text, (byte) 0);
            try (Plaintext sealed = buffer.seal()) {
                Redacted redacted = engine.redact(sealed);
                assertThat(redacted.sensitivity())
                        .containsExactly("PII:case_id", "secret:basic-auth-url", "secret:github");
                assertThat(redacted.fingerprint().winnow()).isNotNull();
            }
        }
    }

    private static void redactJson(RedactionEngine engine, byte[] masked, byte[] maskedDigits) {
        byte[] json = assemble(
                "{\"token\":\"\\u0067hp_",
                masked,
                "\",\"n\":[",
                maskedDigits,
                ".5],\"",
                masked,
                "@example.com\":\"",
                masked,
                "\\n\"}");
        try (Plaintext plaintext = Plaintext.copyOf(json, 0, json.length)) {
            Arrays.fill(json, (byte) 0);
            RedactedJson redacted = engine.redactJson(plaintext);
            assertThat(redacted.sensitivity())
                    .contains("PII:email", "secret:github"); // and, as a rule, secret:assigned
            assertThat(redacted.keyedHash()).isNotNull();
        }
    }

    /** The last bytes of a text, less than a block of SHA-256, are those that a digest keeps in its buffer. */
    private static void redactLastBlock(RedactionEngine engine, byte[] masked) {
        byte[] text = assemble(" ".repeat(Fingerprint.GUESSABLE_SENSITIVE), "ghp_", masked);
        try (Plaintext plaintext = Plaintext.copyOf(text, 0, text.length)) {
            Arrays.fill(text, (byte) 0);
            assertThat(engine.redact(plaintext).fingerprint().sha256()).isNotNull();
        }
    }

    private static Profile withCustomPattern() {
        ProfileSource defaults = ProfileSource.defaults("custom");
        return Keys.compiled(new ProfileSource(
                "custom",
                defaults.enable(),
                defaults.disable(),
                List.of(new ProfileSource.CustomDetector(
                        "ticket", "PII:case_id", "CASE-[0-9a-zA-Z]+", List.of("CASE-1"), List.of())),
                List.of(new ProfileSource.Allowed("PII:case_id", "^CASE-0000$", "the example of the manual")),
                defaults.shape(),
                true));
    }

    /** Random characters, every bit flipped, so that this test does not leave what it looks for. */
    private static byte[] maskedCanary(byte[] alphabet) {
        byte[] masked = new byte[CANARY_LENGTH];
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < masked.length; i++) {
            masked[i] = (byte) ~alphabet[random.nextInt(alphabet.length)];
        }
        return masked;
    }

    private static byte[] unmask(byte[] masked) {
        byte[] bytes = masked.clone();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ~bytes[i];
        }
        return bytes;
    }

    /** Text of strings as they are, and of byte arrays unmasked. */
    private static byte[] assemble(Object... parts) {
        byte[] text = new byte[4096];
        int length = 0;
        for (Object part : parts) {
            byte[] bytes = part instanceof byte[] masked
                    ? unmask(masked)
                    : part.toString().getBytes(US_ASCII);
            System.arraycopy(bytes, 0, text, length, bytes.length);
            length += bytes.length;
            Arrays.fill(bytes, (byte) 0);
        }
        byte[] exact = Arrays.copyOf(text, length);
        Arrays.fill(text, (byte) 0);
        return exact;
    }

    private Path dump(String name) throws IOException {
        Path file = folder.resolve(name);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(file.toString(), false);
        return file;
    }

    /** Whether half of the canary is in the dump, with one byte a character or with two. */
    private static boolean contains(Path dump, byte[] masked) throws IOException {
        try (FileChannel channel = FileChannel.open(dump);
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            for (long at = 0; at < bytes.byteSize() - 2 * CANARY_LENGTH; at++) {
                if (isAt(bytes, at, masked, 1) || isAt(bytes, at, masked, 2)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean isAt(MemorySegment bytes, long at, byte[] masked, int width) {
        for (int i = 0; i < CANARY_LENGTH / 2; i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, at + (long) i * width) != (byte) ~masked[i]) {
                return false;
            }
        }
        return true;
    }
}
