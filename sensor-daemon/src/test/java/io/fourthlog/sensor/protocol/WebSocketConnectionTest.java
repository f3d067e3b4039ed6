package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class WebSocketConnectionTest {
    private static final int TEXT = 0x81;
    private static final int FIN = 0x80;
    private static final int COMPRESSED = 0x40;

    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);

    private static Watched upgraded(final String extensions) {
        return new Watched()
                .sent("GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
                .received(answer(extensions));
    }

    private static String answer(final String extensions) {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" + extensions + "\r\n";
    }

    private static Chunk frame(final boolean sent, final int first, final byte[] payload) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final int mask = sent ? 0x80 : 0;
        out.write(first);
        if (payload.length < 126) {
            out.write(mask | payload.length);
        } else if (payload.length < 65_536) {
            out.writeBytes(new byte[] {(byte) (mask | 126), (byte) (payload.length >> 8), (byte) payload.length});
        } else {
            out.writeBytes(new byte[] {(byte) (mask | 127), 0, 0, 0, 0});
            out.writeBytes(new byte[] {
                (byte) (payload.length >> 24),
                (byte) (payload.length >> 16),
                (byte) (payload.length >> 8),
                (byte) payload.length
            });
        }
        final byte[] key = {1, 2, 3, 4};
        final byte[] masked = payload.clone();
        if (sent) {
            out.writeBytes(key);
            for (int i = 0; i < masked.length; i++) {
                masked[i] ^= key[i & 3];
            }
        }
        out.writeBytes(masked);
        return new Chunk(sent, out.toByteArray());
    }

    static Chunk text(final boolean sent, final int first, final String text) {
        return frame(sent, first, text.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] deflate(final String text) {
        deflater.setInput(text.getBytes(StandardCharsets.UTF_8));
        final byte[] out = new byte[1 << 20];
        final int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        return Arrays.copyOf(out, length - 4);
    }

    @Test
    void messagesOfBothSidesAreReadFromTheHeadsOwnChunkOn() {
        final Watched watched = new Watched().sent("GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
        final byte[] head = answer("").getBytes(StandardCharsets.US_ASCII);
        watched.pass(
                new Chunk(false, Frames.concat(head, text(false, TEXT, "hello").bytes())));
        watched.pass(text(true, TEXT, "x".repeat(70_000)));
        assertThat(watched.messages).containsExactly("< hello", "> " + "x".repeat(70_000));
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void fragmentsArePutTogetherAroundControlFrames() {
        final Watched watched = upgraded("")
                .pass(text(true, 0x01, "one "))
                .pass(text(true, 0x89, "ping"))
                .pass(text(true, 0x00, "two "))
                .pass(text(true, FIN, "three"));
        assertThat(watched.messages).containsExactly("> one two three");
    }

    @Test
    void compressedMessagesShareTheirWindow() {
        final Watched watched = upgraded("Sec-WebSocket-Extensions: permessage-deflate\r\n")
                .pass(frame(false, TEXT | COMPRESSED, deflate("hello hello hello")))
                .pass(frame(false, TEXT | COMPRESSED, deflate("hello hello hello")))
                .pass(text(false, TEXT, "plain"));
        assertThat(watched.messages).containsExactly("< hello hello hello", "< hello hello hello", "< plain");
    }

    @Test
    void aBombIsBounded() {
        final Watched watched = upgraded("Sec-WebSocket-Extensions: permessage-deflate\r\n");
        final String megabyte = "a".repeat(1 << 20);
        final ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        for (int i = 0; i < 40; i++) {
            bomb.writeBytes(deflate(megabyte));
            bomb.writeBytes(new byte[] {0, 0, -1, -1});
        }
        watched.pass(frame(false, TEXT | COMPRESSED, bomb.toByteArray()));
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aLengthThatLiesIsBounded() {
        final Watched watched = upgraded("").sent("\u0081\u00ff\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffxxxx");
        for (int i = 0; i < 64; i++) {
            watched.sent("y".repeat(1 << 20));
        }
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aLengthThatLiesAfterALossIsNoFrame() {
        final Watched watched = upgraded("");
        watched.pass(text(false, TEXT, "lost"), false);
        watched.pass(new Chunk(false, new byte[] {(byte) TEXT, 127, -1, -1, -1, -1, -1, -1, -2, 0, 1, 2}));
        watched.pass(new Chunk(false, new byte[] {(byte) TEXT, 127, 127, -1, -1, -1, -1, -1, -1, -1, 1, 2}));
        watched.pass(text(false, TEXT, "heard")).close();
        assertThat(watched.messages).containsExactly("< heard");
        assertThat(watched.gaps).containsExactly(GapCause.STREAM);
    }

    @Property(tries = 200)
    void everyChunkingGivesTheSame(
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 1, max = 90) Integer> sizes) {
        final List<Chunk> whole = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            whole.add(text(true, TEXT, "question " + i));
            whole.add(text(false, TEXT, "answer " + i + "x".repeat(i * 60)));
        }
        final Watched watched = upgraded("").pass(Transcript.cut(whole, sizes));
        assertThat(watched.messages).hasSize(10).contains("> question 4", "< answer 0");
        assertThat(watched.gaps).isEmpty();
    }

    @Property(tries = 300)
    void aLostChunkIsAGapAndNeverAWrongMessage(
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 1, max = 90) Integer> sizes,
            @ForAll @IntRange(min = 0, max = 1000) final int which) {
        final List<Chunk> whole = new ArrayList<>();
        final List<String> expected = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            whole.add(text(i % 2 == 0, TEXT, "message " + i));
            expected.add((i % 2 == 0 ? "> " : "< ") + "message " + i);
        }
        final List<Chunk> chunks = Transcript.cut(whole, sizes);
        final Watched watched = upgraded("");
        for (int i = 0; i < chunks.size(); i++) {
            watched.pass(chunks.get(i), i != which % chunks.size());
        }
        watched.close();
        assertThat(expected).containsAll(watched.messages);
        final Chunk lost = chunks.get(which % chunks.size());
        final boolean noticed = chunks.subList(which % chunks.size() + 1, chunks.size()).stream()
                .anyMatch(later -> later.sent() == lost.sent());
        if (watched.messages.size() < expected.size() && noticed) {
            assertThat(watched.gaps).isNotEmpty();
        }
        assertThat(watched.budget.used()).isZero();
    }

    @Property(tries = 500)
    void hostileBytesNeverThrow(@ForAll final byte[] noise, @ForAll final long seed) {
        final Random random = new Random(seed);
        final Watched watched =
                upgraded(random.nextBoolean() ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        for (int i = 0; i < 10; i++) {
            final boolean sent = random.nextBoolean();
            watched.pass(frame(sent, random.nextInt(256), noise));
            watched.pass(new Chunk(sent, noise), random.nextInt(4) > 0);
        }
        assertThat(watched.close().budget.used()).isZero();
    }
}
