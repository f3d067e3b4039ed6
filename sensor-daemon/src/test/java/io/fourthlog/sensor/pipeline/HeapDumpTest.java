package io.fourthlog.sensor.pipeline;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.fourthlog.redaction.LateCount;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.TokenCounts;
import io.fourthlog.sensor.Transcript.Chunk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plays conversations, dumps the heap when they are over, and looks for what was said in them. */
final class HeapDumpTest {
    private static final int CANARY_LENGTH = 36; // characters
    private static final int PLAYS = 30; // the first or second does, unless the machine has no memory
    private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final long CHANNEL = 50; // a socket pair: ends 50 and 51
    private static final SecureRandom RANDOM = new SecureRandom();

    @TempDir
    private Path folder = Path.of("");

    /** By what it was said in: every bit flipped, so that this test does not leave what it looks for. */
    private final Map<String, byte[]> canaries = new LinkedHashMap<>();

    private final Scene scene = new Scene();

    @Test
    void nothingThatWasSaidIsInTheHeapNotEvenInGarbage() throws IOException {
        final Path dump = dumped(() -> {
            plain();
            streamed();
            zipped();
            tools();
            unfinished();
        });

        assertThat(scene.models()).hasSizeGreaterThanOrEqualTo(3);
        assertThat(scene.tools()).isNotEmpty();
        assertThat(saidIn(dump)).isEmpty();
    }

    /** The decoders of br and zstd keep what they made until they are collected. */
    @Test
    void nothingRefersToWhatWasUnpackedByOthers() throws IOException {
        answered("zstd", zstd(answer(canary("zstd"))));
        answered("br", brotli(answer(canary("br"))));
        final Path dump = dump(true);

        assertThat(scene.models())
                .hasSize(2)
                .allSatisfy(model -> assertThat(model.outputHash()).isNotNull());
        assertThat(saidIn(dump)).isEmpty();
    }

    @Test
    void theSearchFindsGarbage() throws IOException {
        final Path dump = dumped(() -> assemble("it is ", canary("what nothing refers to")));

        assertThat(saidIn(dump)).hasSize(1);
    }

    private void plain() {
        final byte[] body = assemble(
                "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"what is ",
                canary("a prompt"),
                "\"}]}");
        say(
                true,
                1,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nAuthorization: Bearer ",
                canary("a credential"),
                "\r\nContent-Length: " + body.length + "\r\n\r\n");
        send(1, new Chunk(true, body));
        final byte[] answer = assemble(
                "{\"choices\":[{\"message\":{\"content\":\"it is ",
                canary("an answer"),
                "\",\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\\\"",
                canary("an argument"),
                "\\\"}\"}}]}}]}");
        say(false, 1, "HTTP/1.1 200 OK\r\nContent-Length: " + answer.length + "\r\n\r\n");
        send(1, new Chunk(false, answer));
    }

    private void streamed() {
        ask(2);
        say(false, 2, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 3; i++) {
            final byte[] event =
                    assemble("data: {\"choices\":[{\"delta\":{\"content\":\"", canary("a delta"), "\"}}]}\n\n");
            say(false, 2, Integer.toHexString(event.length) + "\r\n");
            send(2, new Chunk(false, event));
            say(false, 2, "\r\n");
        }
        say(false, 2, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    }

    private void zipped() {
        answered("gzip", gzip(answer(canary("gzip"))));
    }

    private void answered(final String coding, final byte[] body) {
        final long ssl = 100L + canaries.size();
        ask(ssl);
        say(
                false,
                ssl,
                "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + "\r\nContent-Length: " + body.length + "\r\n\r\n");
        send(ssl, new Chunk(false, body));
    }

    private void ask(final long ssl) {
        final byte[] body = assemble("{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
        say(
                true,
                ssl,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: " + body.length
                        + "\r\n\r\n");
        send(ssl, new Chunk(true, body));
    }

    private void tools() {
        stdio(
                CHANNEL,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"read\",\"arguments\":{\"q\":\"",
                canary("a parameter"),
                "\"}}}\n");
        stdio(
                CHANNEL + 1,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"",
                canary("a result"),
                "\"}]}}\n");
    }

    private void stdio(final long end, final Object... parts) {
        final byte[] line = assemble(parts);
        scene.write(end == CHANNEL ? 1 : 11, CHANNEL, end, line, true);
        Arrays.fill(line, (byte) 0);
    }

    /** Of a request that ends with its process, and of an answer that is lost in the middle. */
    private void unfinished() {
        say(
                true,
                3,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 4000\r\n\r\n"
                        + "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"",
                canary("half a prompt"));
        ask(4);
        say(
                false,
                4,
                "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n{\"choices\":[{\"message\":{\"content\":\"",
                canary("half an answer"));
        scene.exit(1).exit(2);
    }

    private byte[] canary(final String of) {
        final byte[] masked = new byte[CANARY_LENGTH];
        for (int i = 0; i < masked.length; i++) {
            masked[i] = (byte) ~ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length()));
        }
        canaries.put(of + " (" + canaries.size() + ")", masked);
        return masked;
    }

    private static byte[] answer(final byte[] masked) {
        return assemble("{\"choices\":[{\"message\":{\"content\":\"it is ", masked, "\"}}]}");
    }

    private void say(final boolean sent, final long ssl, final Object... parts) {
        send(ssl, new Chunk(sent, assemble(parts)));
    }

    private void send(final long ssl, final Chunk chunk) {
        scene.tls(1, ssl, chunk, true);
        Arrays.fill(chunk.bytes(), (byte) 0);
    }

    /** Text of strings as they are, and of byte arrays unmasked. */
    private static byte[] assemble(final Object... parts) {
        int length = 0;
        for (final Object part : parts) {
            length += part instanceof byte[] masked
                    ? masked.length
                    : part.toString().length();
        }
        final byte[] text = new byte[length];
        int at = 0;
        for (final Object part : parts) {
            if (part instanceof byte[] masked) {
                for (final byte b : masked) {
                    text[at++] = (byte) ~b;
                }
            } else {
                final byte[] bytes = part.toString().getBytes(US_ASCII);
                System.arraycopy(bytes, 0, text, at, bytes.length);
                at += bytes.length;
            }
        }
        return text;
    }

    private static byte[] gzip(final byte[] plain) {
        final byte[] zipped = new byte[plain.length + 128];
        final byte[] header = {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, 0};
        System.arraycopy(header, 0, zipped, 0, header.length);
        final CRC32 crc = new CRC32();
        crc.update(plain);
        int length = header.length;
        try (Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true)) {
            deflater.setInput(plain);
            deflater.finish();
            length += deflater.deflate(zipped, length, zipped.length - length);
        }
        for (int i = 0; i < Integer.BYTES; i++) {
            zipped[length + i] = (byte) (crc.getValue() >>> (i * Byte.SIZE));
            zipped[length + Integer.BYTES + i] = (byte) (plain.length >>> (i * Byte.SIZE));
        }
        Arrays.fill(plain, (byte) 0);
        final byte[] exact = Arrays.copyOf(zipped, length + 2 * Integer.BYTES);
        Arrays.fill(zipped, (byte) 0);
        return exact;
    }

    private static byte[] zstd(final byte[] plain) {
        final ZstdJavaCompressor compressor = new ZstdJavaCompressor();
        final byte[] packed = new byte[compressor.maxCompressedLength(plain.length)];
        return Arrays.copyOf(packed, compressor.compress(plain, 0, plain.length, packed, 0, packed.length));
    }

    /** RFC 7932: a window of 16 bits, a meta-block of uncompressed bytes, and an empty last one. */
    private static byte[] brotli(final byte[] plain) {
        final byte[] packed = new byte[plain.length + 4];
        final int header = (plain.length - 1) << 4 | 1 << 20;
        packed[0] = (byte) header;
        packed[1] = (byte) (header >> 8);
        packed[2] = (byte) (header >> 16);
        System.arraycopy(plain, 0, packed, 3, plain.length);
        packed[packed.length - 1] = 3;
        return packed;
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    /** A collector takes garbage away, and leaves copies where it has moved something from: then all is played again. */
    private Path dumped(final Runnable play) throws IOException {
        for (int time = 0; time < PLAYS; time++) {
            canaries.clear();
            final long collections = collections();
            play.run();
            final Path dump = dump(false);
            if (collections() == collections) {
                return dump;
            }
            Files.delete(dump);
        }
        throw new AssertionError("garbage was collected in each of " + PLAYS + " plays, so that no dump has it all");
    }

    /** What was said that is in a dump. */
    private List<String> saidIn(final Path dump) throws IOException {
        final List<String> said = new ArrayList<>();
        for (final Map.Entry<String, byte[]> each : canaries.entrySet()) {
            if (contains(dump, each.getValue())) {
                said.add(each.getKey());
            }
        }
        return said;
    }

    /** Answers are counted beside the work, one after the other, and are on the heap meanwhile: until one that comes last is done. */
    private static void untilTokensAreCounted() {
        final AtomicReference<LateCount> last = new AtomicReference<>();
        try (Plaintext word = Plaintext.copyOf(new byte[] {'a'}, 0, 1)) {
            Awaitility.await().until(() -> {
                TokenCounts.shared()
                        .take("gpt-4o", List.of(new TokenCounts.Text(word, null)))
                        .ifPresent(last::set);
                return last.get() != null;
            });
        }
        Awaitility.await().until(() -> last.get().now().isPresent());
    }

    private Path dump(final boolean live) throws IOException {
        untilTokensAreCounted();
        final Path file = folder.resolve("dump.hprof");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(file.toString(), live);
        return file;
    }

    /** Whether half of a canary is in the dump, with one byte a character or with two. */
    private static boolean contains(final Path dump, final byte[] masked) throws IOException {
        try (FileChannel channel = FileChannel.open(dump);
                Arena arena = Arena.ofConfined()) {
            final MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            for (long at = 0; at < bytes.byteSize() - 2 * CANARY_LENGTH; at++) {
                if (isAt(bytes, at, masked, 1) || isAt(bytes, at, masked, 2)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean isAt(final MemorySegment bytes, final long at, final byte[] masked, final int width) {
        for (int i = 0; i < CANARY_LENGTH / 2; i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, at + (long) i * width) != (byte) ~masked[i]) {
                return false;
            }
        }
        return true;
    }
}
