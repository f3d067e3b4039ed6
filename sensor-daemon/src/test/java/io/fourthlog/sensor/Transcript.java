package io.fourthlog.sensor;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A recorded conversation of a real client, as both directions passed by. The file is a sequence of chunks:
 *
 * <pre>
 *  0      1               5              5 + n
 * ┌──────┬───────────────┬──────────────┐
 * │ > <  │ n, big-endian │ n bytes      │   {@code >} from the client, {@code <} to it
 * └──────┴───────────────┴──────────────┘
 * </pre>
 */
public final class Transcript {
    /** What went one way at once. */
    public static final class Chunk {
        private final boolean sent;
        private final byte[] bytes;

        public Chunk(final boolean sent, final byte[] bytes) {
            this.sent = sent;
            this.bytes = bytes;
        }

        public boolean sent() {
            return sent;
        }

        public byte[] bytes() {
            return bytes;
        }
    }

    private Transcript() {}

    public static List<Chunk> load(final String name) {
        try (InputStream file = Objects.requireNonNull(Transcript.class.getResourceAsStream("transcripts/" + name));
                DataInputStream in = new DataInputStream(file)) {
            final List<Chunk> chunks = new ArrayList<>();
            for (int direction = in.read(); direction >= 0; direction = in.read()) {
                chunks.add(new Chunk(direction == '>', in.readNBytes(in.readInt())));
            }
            return chunks;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of a conversation on several connections: a digit for each chunk, of which connection it was. */
    public static String order(final String name) {
        try (InputStream file =
                Objects.requireNonNull(Transcript.class.getResourceAsStream("transcripts/" + name + ".order"))) {
            return new String(file.readAllBytes(), StandardCharsets.US_ASCII).strip();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same bytes in the same order, each chunk cut at the positions that {@code sizes} gives in turn. */
    public static List<Chunk> cut(final List<Chunk> chunks, final List<Integer> sizes) {
        final List<Chunk> pieces = new ArrayList<>();
        int turn = 0;
        for (final Chunk chunk : chunks) {
            for (int from = 0; from < chunk.bytes().length; ) {
                final int size = Math.max(1, sizes.get(turn++ % sizes.size()));
                final int to = Math.min(chunk.bytes().length, from + size);
                pieces.add(new Chunk(chunk.sent(), Arrays.copyOfRange(chunk.bytes(), from, to)));
                from = to;
            }
        }
        return pieces;
    }

    /** Which chunks are to be lost: never the last of a direction, behind which nothing shows that it is missing. */
    public static Set<Integer> lost(final List<Chunk> chunks, final List<Integer> which) {
        final Set<Integer> lost =
                which.stream().map(each -> each % chunks.size()).collect(Collectors.toSet());
        for (final boolean sent : new boolean[] {true, false}) {
            IntStream.range(0, chunks.size())
                    .filter(i -> chunks.get(i).sent() == sent)
                    .max()
                    .ifPresent(lost::remove);
        }
        return lost;
    }
}
