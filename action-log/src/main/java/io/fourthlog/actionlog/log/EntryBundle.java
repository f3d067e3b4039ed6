package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Up to 256 entries as a file of C2SP tlog-tiles has them.
 *
 * <pre>
 * ┌──────────────────┬──────────┬──────────────────┬──────────┬─
 * │ u16 length, big- │ entry 0  │ u16 length       │ entry 1  │ …
 * │ endian           │          │                  │          │
 * └──────────────────┴──────────┴──────────────────┴──────────┴─
 * </pre>
 */
final class EntryBundle {

    static final int MAX_ENTRY = 0xFFFF; // bytes: the length is a u16
    static final int LENGTH_BYTES = Short.BYTES;
    static final int MAX_BUNDLE = LogPath.FULL * (LENGTH_BYTES + MAX_ENTRY); // bytes

    private final byte[] bytes;
    private final int[] offsets; // of each entry's length field, and of the end

    private EntryBundle(byte[] bytes, int[] offsets) {
        this.bytes = bytes;
        this.offsets = offsets;
    }

    /** Where a bundle stops being one. */
    static final class Broken extends IOException {

        @Serial
        private static final long serialVersionUID = 1;

        private final transient EntryBundle readable;
        private final int entry;

        private Broken(EntryBundle readable, int entry, String message) {
            super(message);
            this.readable = readable;
            this.entry = entry;
        }

        /** The number of the entry, within the bundle, at which it broke. */
        int entry() {
            return entry;
        }

        /** What could be read. */
        EntryBundle readable() {
            return readable;
        }
    }

    /** Reads the first {@code width} entries; {@code exact}: and nothing may follow them. */
    static EntryBundle parse(byte[] bytes, int width, boolean exact) throws Broken {
        final int[] offsets = new int[width + 1];
        int offset = 0;
        for (int i = 0; i < width; i++) {
            offsets[i] = offset;
            if (bytes.length - offset < LENGTH_BYTES) {
                throw new Broken(readable(bytes, offsets, i), i, "it ends after " + i + " of " + width + " entries");
            }
            final int length = length(bytes, offset);
            offset += LENGTH_BYTES + length;
            if (offset > bytes.length) {
                throw new Broken(
                        readable(bytes, offsets, i),
                        i,
                        "entry " + i + " says it has " + length + " bytes, and the file ends before that");
            }
        }
        offsets[width] = offset;
        if (exact && offset != bytes.length) {
            throw new Broken(
                    readable(bytes, offsets, width),
                    width - 1,
                    (bytes.length - offset) + " bytes follow the last of " + width + " entries");
        }
        return new EntryBundle(bytes, offsets);
    }

    private static EntryBundle readable(byte[] bytes, int[] offsets, int width) {
        return new EntryBundle(bytes, Arrays.copyOf(offsets, width + 1));
    }

    /** The bytes of a bundle with more entries at its end. */
    static byte[] extended(byte[] bundle, List<byte[]> entries) {
        int length = bundle.length;
        for (final byte[] entry : entries) {
            length += LENGTH_BYTES + entry.length;
        }
        final ByteBuffer extended = ByteBuffer.allocate(length).put(bundle);
        entries.forEach(entry -> extended.putShort((short) entry.length).put(entry));
        return extended.array();
    }

    int width() {
        return offsets.length - 1;
    }

    byte[] entry(int i) {
        return Arrays.copyOfRange(bytes, offsets[i] + LENGTH_BYTES, offsets[i + 1]);
    }

    boolean isEmpty(int i) {
        return offsets[i + 1] - offsets[i] == LENGTH_BYTES;
    }

    /** Whether there is nothing in its first entries. */
    boolean startsWithEmpty(int count) {
        return offsets[count] == count * LENGTH_BYTES;
    }

    /** The same with nothing in its first entries. */
    EntryBundle withoutFirst(int count) {
        final int from = offsets[count];
        final byte[] left = new byte[count * LENGTH_BYTES + offsets[width()] - from];
        System.arraycopy(bytes, from, left, count * LENGTH_BYTES, offsets[width()] - from);
        final int[] moved = new int[offsets.length];
        for (int i = 0; i < moved.length; i++) {
            moved[i] = i < count ? i * LENGTH_BYTES : offsets[i] - from + count * LENGTH_BYTES;
        }
        return new EntryBundle(left, moved);
    }

    /** Whether it is the start of a JSON object, so that it need not be copied to see that it is nothing else. */
    boolean startsLikeAnEvent(int i) {
        return offsets[i] + LENGTH_BYTES < offsets[i + 1] && bytes[offsets[i] + LENGTH_BYTES] == '{';
    }

    Hash leafHash(int i) {
        return MerkleTree.leafHash(bytes, offsets[i] + LENGTH_BYTES, offsets[i + 1] - offsets[i] - LENGTH_BYTES);
    }

    /** The bundle's bytes up to the end of its last entry. */
    byte[] bytes() {
        return Arrays.copyOf(bytes, offsets[width()]);
    }

    private static int length(byte[] bytes, int offset) {
        return ((bytes[offset] & 0xFF) << Byte.SIZE) | (bytes[offset + 1] & 0xFF);
    }
}
