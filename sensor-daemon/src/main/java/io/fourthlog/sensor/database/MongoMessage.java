package io.fourthlog.sensor.database;

import io.airlift.compress.v3.snappy.SnappyJavaDecompressor;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The body of one message of MongoDB's wire protocol (its specification's OP_MSG, OP_QUERY, OP_REPLY, OP_COMPRESSED), as its bytes
 * come, cut into documents.
 *
 * <pre>
 *  OP_MSG         flags │ 0 document │ 1 size identifier documents │ … │ checksum
 *  OP_COMPRESSED  opcode │ uncompressed size │ compressor │ a body
 * </pre>
 */
final class MongoMessage implements Zlib.Sink {
    /** Takes documents; their bytes are valid during the call only. */
    interface Sink {
        /** Flags of OP_MSG, or of a reply; what is queried, else empty. */
        void begins(int opcode, int flags, String queried);

        /** A document begins: the command or its answer, or one of a sequence of that name. Answers who reads it. */
        BsonReader document(@Nullable String sequence);

        /** Bytes of the document, which were read. */
        void documentPiece(byte[] bytes, int offset, int length);

        void documentEnds();
    }

    static final int REPLY = 1; // opcodes
    static final int QUERY = 2004;
    static final int COMPRESSED = 2012;
    static final int MSG = 2013;
    static final int MORE_TO_COME = 1 << 1; // flags
    private static final int CHECKSUM = 1;
    private static final int SNAPPY = 1; // compressors
    private static final int ZLIB = 2;
    private static final int ZSTD = 3;
    private static final int COMPRESSED_LIMIT = 4 << 20; // octets, for compressors that want all of it
    private static final int LIMIT = 16 << 20; // octets that may come out of it
    private static final int NAME = 256; // octets of a name

    private enum State {
        COMPRESSION,
        HELD, // compressed, for its end
        FLAGS,
        QUERIED,
        QUERY_NUMBERS,
        REPLY_NUMBERS,
        KIND,
        SIZE,
        IDENTIFIER,
        DOCUMENTS,
        PASSED_OVER
    }

    private final MemoryBudget budget;
    private final Sink sink;
    private final ContentBuffer held;
    private final Zlib zlib;
    private State state = State.PASSED_OVER;
    private int opcode;
    private long remaining; // octets of the body, uncompressed
    private boolean checksum;
    private int compressor;
    private int uncompressed;
    private long number;
    private int octets;
    private int flags;
    private final StringBuilder name = new StringBuilder();
    private long section; // octets of a sequence that have not come; -1 for one document
    private @Nullable BsonReader document; // that is read
    private boolean isDeflated;
    private @Nullable GapCause failure;

    MongoMessage(final MemoryBudget budget, final Sink sink) {
        this.budget = budget;
        this.sink = sink;
        this.held = new ContentBuffer(budget, COMPRESSED_LIMIT);
        this.zlib = new Zlib(budget);
    }

    /** A message begins, whose body has so many octets. */
    void begin(final int code, final int length) {
        failure = null;
        held.clear();
        isDeflated = false;
        opcode = code;
        remaining = length;
        number = 0;
        octets = 0;
        document = null;
        checksum = false;
        state = switch (code) {
            case COMPRESSED -> State.COMPRESSION;
            case MSG, QUERY, REPLY -> State.FLAGS;
            default -> State.PASSED_OVER;
        };
    }

    /** Bytes were not captured: the rest of the message is passed over. */
    void lose() {
        state = State.PASSED_OVER;
        document = null;
        held.clear();
    }

    /** Why the message could not be read, {@code null} if it could. */
    @Nullable
    GapCause failure() {
        return failure;
    }

    void data(final byte[] bytes, final int offset, final int length) {
        int at = offset;
        final int end = offset + length;
        while (at < end && state == State.COMPRESSION) {
            compression(bytes[at++]);
        }
        if (at == end || state == State.PASSED_OVER) {
            return;
        }
        if (state == State.HELD) {
            if (!held.append(bytes, at, end - at)) {
                fail(GapCause.TOO_LARGE);
            }
        } else if (isDeflated) {
            if (!zlib.inflate(bytes, at, end - at, this)) {
                fail(GapCause.ENCODING);
            }
        } else {
            plain(bytes, at, end);
        }
    }

    /** The message is complete. */
    void end() {
        if (state == State.HELD) {
            decompress();
        }
        held.clear();
        isDeflated = false;
    }

    private void fail(final GapCause cause) {
        failure = cause;
        lose();
    }

    private void compression(final byte b) {
        number |= (b & 0xffL) << (Byte.SIZE * octets++);
        remaining--;
        if (octets == Long.BYTES) {
            opcode = (int) number;
            uncompressed = (int) (number >>> Integer.SIZE);
        } else if (octets > Long.BYTES) {
            compressor = b & 0xff;
            compressed();
        }
    }

    private void compressed() {
        final long size = remaining;
        if (uncompressed < 0 || uncompressed > LIMIT) {
            fail(GapCause.TOO_LARGE);
            return;
        }
        begin(opcode == COMPRESSED ? 0 : opcode, uncompressed);
        switch (compressor) {
            case 0 -> remaining = size;
            case SNAPPY, ZSTD -> state = state == State.PASSED_OVER ? state : State.HELD;
            case ZLIB -> {
                isDeflated = zlib.begin();
                if (!isDeflated) {
                    fail(GapCause.SHED);
                }
            }
            default -> fail(GapCause.ENCODING);
        }
    }

    @Override
    public boolean inflated(final byte[] bytes, final int offset, final int length) {
        plain(bytes, offset, offset + length);
        return failure == null;
    }

    private void decompress() {
        if (!budget.take(uncompressed)) {
            fail(GapCause.SHED);
            return;
        }
        final byte[] plain = new byte[uncompressed];
        try {
            final int count = compressor == SNAPPY
                    ? new SnappyJavaDecompressor().decompress(held.array(), 0, held.length(), plain, 0, plain.length)
                    : new ZstdJavaDecompressor().decompress(held.array(), 0, held.length(), plain, 0, plain.length);
            state = State.FLAGS;
            plain(plain, 0, count);
        } catch (final RuntimeException _) {
            fail(GapCause.ENCODING); // not of that compressor, or more than it says
        } finally {
            Arrays.fill(plain, (byte) 0);
            budget.giveBack(uncompressed);
        }
    }

    private void plain(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && state != State.PASSED_OVER) {
            if (state == State.KIND && checksum && remaining <= 4) {
                state = State.PASSED_OVER;
                return;
            }
            final int took = switch (state) {
                case DOCUMENTS -> documents(bytes, at, end);
                case QUERIED, IDENTIFIER -> named(bytes[at]);
                case KIND -> kind(bytes[at]);
                default -> number(bytes[at]);
            };
            at += took;
            remaining -= took;
        }
    }

    private int number(final byte b) {
        if (octets < Long.BYTES) {
            number |= (b & 0xffL) << (Byte.SIZE * octets);
        }
        octets++;
        final int needed = switch (state) {
            case QUERY_NUMBERS -> 8; // to skip, to return
            case REPLY_NUMBERS -> 16; // cursor, from, count
            default -> 4;
        };
        if (octets < needed) {
            return 1;
        }
        final int value = (int) number;
        number = 0;
        octets = 0;
        switch (state) {
            case FLAGS -> flags(value);
            case SIZE -> {
                section = value - 4L;
                name.setLength(0);
                state = section > 0 ? State.IDENTIFIER : State.PASSED_OVER;
            }
            default -> {
                section = Long.MAX_VALUE;
                state = State.DOCUMENTS;
            }
        }
        return 1;
    }

    private void flags(final int value) {
        flags = value;
        name.setLength(0);
        if (opcode == QUERY) {
            state = State.QUERIED;
            return;
        }
        checksum = opcode == MSG && (value & CHECKSUM) != 0;
        state = opcode == MSG ? State.KIND : State.REPLY_NUMBERS;
        sink.begins(opcode, value, "");
    }

    private int named(final byte b) {
        section--;
        if (b != 0) {
            if (name.length() < NAME) {
                name.append((char) (b & 0xff));
            }
        } else if (state == State.QUERIED) {
            state = State.QUERY_NUMBERS;
            sink.begins(opcode, flags, name.toString());
        } else {
            state = section > 0 ? State.DOCUMENTS : State.KIND;
        }
        return 1;
    }

    private int kind(final byte b) {
        section = -1;
        switch (b) {
            case 0 -> state = State.DOCUMENTS;
            case 1 -> state = State.SIZE;
            default -> fail(GapCause.PROTOCOL);
        }
        return 1;
    }

    private int documents(final byte[] bytes, final int at, final int end) {
        final BsonReader reading =
                document != null ? document : sink.document(section < 0 || opcode != MSG ? null : name.toString());
        document = reading;
        final int took = reading.data(bytes, at, section < 0 ? end - at : (int) Math.min(end - at, section));
        section -= section < 0 ? 0 : took;
        sink.documentPiece(bytes, at, took);
        if (reading.complete()) {
            document = null;
            sink.documentEnds();
            state = section <= 0 && state == State.DOCUMENTS ? State.KIND : state;
        } else if (reading.failed() || section == 0) {
            fail(GapCause.PROTOCOL);
        }
        return took;
    }

    void close() {
        held.close();
        zlib.close();
    }
}
