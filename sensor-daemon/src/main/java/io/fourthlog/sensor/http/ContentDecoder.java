package io.fourthlog.sensor.http;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.brotli.dec.BrotliInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Undoes the content coding of one body (RFC 9110, 8.4.1), and stops at a bound on what comes out, so that a small body
 * cannot become a large one in memory, nor a kilobyte cost what megabytes do. gzip and deflate are undone as their bytes
 * come; br and zstd, whose decoders pull, when the body is complete.
 */
public final class ContentDecoder implements AutoCloseable {
    /** Takes decoded bytes, valid during the call only; {@code false} when no more are wanted. */
    @FunctionalInterface
    public interface Sink {
        boolean decoded(byte[] bytes, int offset, int length);
    }

    private enum Gzip {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        CRC,
        BODY,
        TRAILER
    }

    private static final int GZIP_HEADER = 10; // octets, RFC 1952, 2.3
    private static final int GZIP_TRAILER = 8; // octets
    static final int ZLIB = 44 << 10; // bytes that zlib takes to inflate, outside of the heap: its window and tables
    private static final int OUT = 16 << 10; // bytes inflated at a time
    private static final int DENSEST = 256; // bytes out of one; of text and JSON come 3 to 30
    private static final int UNWEIGHED = 64 << 10; // bytes that may come out however few went in

    private final Sink sink;
    private final long bound;
    private final MemoryBudget budget;
    private final ContentBuffer held; // of a coding that is undone at the end
    private HttpHead.Coding coding;
    private @Nullable Inflater inflater;
    private @Nullable GapCause failure;
    private byte[] out = new byte[0];
    private long consumed;
    private long produced;
    private Gzip gzip = Gzip.FIXED;
    private int gzipFlags;
    private int gzipCount;
    private int extraLength;
    private boolean finished; // a stream of deflate, or the first member of gzip
    private boolean closed;

    public ContentDecoder(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead.Coding coding,
            final long bound,
            final Sink sink) {
        this.budget = budget;
        this.held = new ContentBuffer(budget, limits.bodyBytes());
        this.bound = bound;
        this.sink = sink;
        this.coding = coding;
    }

    public void decode(final byte[] bytes, final int offset, final int length) {
        if (failure != null || closed) {
            return;
        }
        consumed += length;
        if (coding == HttpHead.Coding.UNKNOWN && length > 0) {
            coding = recognise(bytes[offset]);
        }
        switch (coding) {
            case IDENTITY -> produce(bytes, offset, length);
            case GZIP, DEFLATE -> unzip(bytes, offset, offset + length);
            case BROTLI, ZSTD -> {
                if (!held.append(bytes, offset, length)) {
                    failure = GapCause.TOO_LARGE;
                }
            }
            case UNKNOWN -> {}
            case OTHER -> failure = GapCause.ENCODING;
        }
    }

    /** The body is over, or nothing more of it will come: what was held back is decoded. */
    public void end() {
        if (failure != null || closed || held.length() == 0) {
            return;
        }
        final byte[] chunk = new byte[OUT];
        try (InputStream compressed = new ByteArrayInputStream(held.array(), 0, held.length());
                InputStream plain = coding == HttpHead.Coding.BROTLI
                        ? new BrotliInputStream(compressed)
                        : new ZstdInputStream(compressed)) {
            for (int count = plain.read(chunk); count >= 0 && failure == null && !closed; count = plain.read(chunk)) {
                produce(chunk, 0, count);
            }
            if (compressed.available() > 0 && failure == null && !closed) {
                failure = GapCause.ENCODING; // something behind it
            }
        } catch (final IOException | RuntimeException _) {
            failure = GapCause.ENCODING; // not this coding, or cut off
        } finally {
            Arrays.fill(chunk, (byte) 0);
            held.clear();
        }
    }

    /** What a body is coded with whose fields are not known: of text, JSON and event streams the first byte is no other's. */
    private static HttpHead.Coding recognise(final byte first) {
        return switch (first) {
            case 0x1f -> HttpHead.Coding.GZIP;
            case 0x28 -> HttpHead.Coding.ZSTD;
            case '{', '[', '"', ':', 'd', 'e', 'i', 'r', ' ', '\n', '\r', 0 -> HttpHead.Coding.IDENTITY;
            default -> HttpHead.Coding.OTHER;
        };
    }

    private void unzip(final byte[] bytes, final int offset, final int end) {
        int at = offset;
        while (at < end && failure == null && !closed) {
            if (coding == HttpHead.Coding.GZIP && gzip != Gzip.BODY) {
                gzipFrame(bytes[at++]);
            } else if (coding == HttpHead.Coding.DEFLATE && finished) {
                failure = GapCause.ENCODING; // something behind it
            } else {
                at = end - inflate(bytes, at, end - at);
            }
        }
    }

    /** Bytes are missing; answers whether what comes after them cannot be decompressed any more. */
    public boolean gap() {
        if (coding != HttpHead.Coding.IDENTITY && failure == null) {
            failure = GapCause.STREAM;
        }
        return failure != null;
    }

    /** Why decoding stopped, or {@code null} while it has not. */
    @Nullable
    public GapCause failure() {
        return failure;
    }

    /** A byte around the body of a member. */
    private void gzipFrame(final byte b) {
        switch (gzip) {
            case FIXED -> {
                if (finished && gzipCount == 0 && b == 0) {
                    return; // padding
                }
                final boolean magic = gzipCount == 0 ? b == 0x1f : gzipCount != 1 || b == (byte) 0x8b;
                if (!magic) {
                    failure = GapCause.ENCODING;
                }
                if (gzipCount == 3) {
                    gzipFlags = b;
                }
                if (++gzipCount == GZIP_HEADER) {
                    gzip = afterFixed();
                }
            }
            case EXTRA_LENGTH -> {
                extraLength |= (b & 0xff) << (8 * gzipCount);
                gzipCount++;
                if (gzipCount == 2) {
                    gzip = extraLength == 0 ? afterExtra() : Gzip.EXTRA;
                }
            }
            case EXTRA -> {
                if (--extraLength == 0) {
                    gzip = afterExtra();
                }
            }
            case NAME -> {
                if (b == 0) {
                    gzip = afterName();
                }
            }
            case COMMENT -> {
                if (b == 0) {
                    gzip = afterComment();
                }
            }
            case CRC -> {
                if (++gzipCount == 2) {
                    gzip = Gzip.BODY;
                }
            }
            case TRAILER -> {
                if (++gzipCount == GZIP_TRAILER) {
                    gzipCount = 0;
                    gzip = Gzip.FIXED; // of another member, RFC 1952, 2.2
                }
            }
            case BODY -> throw new AssertionError("the header is over");
        }
    }

    private Gzip afterFixed() {
        gzipCount = 0;
        extraLength = 0;
        return (gzipFlags & 4) != 0 ? Gzip.EXTRA_LENGTH : afterExtra();
    }

    private Gzip afterExtra() {
        return (gzipFlags & 8) != 0 ? Gzip.NAME : afterName();
    }

    private Gzip afterName() {
        return (gzipFlags & 16) != 0 ? Gzip.COMMENT : afterComment();
    }

    private Gzip afterComment() {
        gzipCount = 0;
        return (gzipFlags & 2) != 0 ? Gzip.CRC : Gzip.BODY;
    }

    /** Answers how many bytes are behind the end of the stream. */
    private int inflate(final byte[] bytes, final int offset, final int length) {
        Inflater zip = inflater;
        if (zip == null) {
            if (!budget.take(ZLIB + OUT)) {
                failure = GapCause.SHED;
                return 0;
            }
            // "deflate" is zlib by RFC 9110 and raw by habit: a zlib header's first octet has 8 in its low bits
            final boolean raw = coding == HttpHead.Coding.GZIP || (bytes[offset] & 0x0f) != 8;
            zip = new Inflater(raw);
            inflater = zip;
            out = new byte[OUT];
        }
        zip.setInput(bytes, offset, length);
        try {
            while (failure == null && !closed && !zip.finished()) {
                final int count = zip.inflate(out);
                if (count == 0 && (zip.needsInput() || zip.needsDictionary())) {
                    break;
                }
                produce(out, 0, count);
            }
            if (closed) {
                return 0; // what came out ended the message
            }
            if (zip.needsDictionary()) {
                failure = GapCause.ENCODING;
            }
            if (!zip.finished()) {
                return 0;
            }
            finished = true;
            final int behind = zip.getRemaining();
            if (coding == HttpHead.Coding.GZIP) {
                zip.reset();
                gzip = Gzip.TRAILER;
            }
            return behind;
        } catch (final DataFormatException _) {
            failure = GapCause.ENCODING;
            return 0;
        }
    }

    private void produce(final byte[] bytes, final int offset, final int length) {
        produced += length;
        if (produced > bound || produced > UNWEIGHED + DENSEST * consumed) {
            failure = GapCause.TOO_LARGE;
        } else if (!sink.decoded(bytes, offset, length)) {
            failure = GapCause.SHED;
        }
    }

    @Override
    public void close() {
        held.close();
        if (inflater != null && !closed) {
            inflater.end();
            budget.giveBack(ZLIB + OUT);
        }
        closed = true;
        Arrays.fill(out, (byte) 0);
    }
}
