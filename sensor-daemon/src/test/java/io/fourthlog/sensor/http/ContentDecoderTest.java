package io.fourthlog.sensor.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.fourthlog.sensor.http.HttpHead.Coding;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentDecoderTest {
    private static final byte[] BROTLI =
            Base64.getDecoder().decode("CwKASGVsbG8D"); // Hello, in a block that is not compressed

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] all(final byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static byte[] gzip(final String plain) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes(plain));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] gzipWithExtraField(final String plain) {
        final byte[] zipped = gzip(plain);
        zipped[3] |= 4;
        return all(Arrays.copyOf(zipped, 10), bytes("\2\0xy"), Arrays.copyOfRange(zipped, 10, zipped.length));
    }

    private static byte[] deflate(final String plain, final boolean raw) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, raw);
                OutputStream zip = new DeflaterOutputStream(out, deflater)) {
            zip.write(bytes(plain));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] zstd(final String plain) {
        final byte[] out = new byte[1024];
        final int length = new ZstdJavaCompressor().compress(bytes(plain), 0, plain.length(), out, 0, out.length);
        return Arrays.copyOf(out, length);
    }

    /** What comes out, and why no more does. */
    private static String decoded(final Coding coding, final byte[] body, final int piece) {
        final MemoryBudget budget = new MemoryBudget(1 << 20);
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final GapCause failure;
        try (ContentDecoder decoder =
                new ContentDecoder(budget, Limits.DEFAULT, coding, 1 << 20, (bytes, offset, length) -> {
                    out.write(bytes, offset, length);
                    return true;
                })) {
            for (int at = 0; at < body.length; at += piece) {
                decoder.decode(body, at, Math.min(piece, body.length - at));
            }
            decoder.end();
            failure = decoder.failure();
        }
        assertThat(budget.used()).isZero();
        return out.toString(StandardCharsets.ISO_8859_1) + (failure == null ? "" : " " + failure);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void membersOfGzipAreOneBody(final int piece) {
        final byte[] three = all(gzip("one "), gzipWithExtraField("two "), gzip(""), gzipWithExtraField("three"));
        assertThat(decoded(Coding.GZIP, three, piece)).isEqualTo("one two three");
        assertThat(decoded(Coding.GZIP, all(gzip("one "), new byte[600], gzip("two"), new byte[3]), piece))
                .isEqualTo("one two"); // gzip(1) and Python pass over zeros
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000})
    void whatIsNoMemberIsAGap(final int piece) {
        assertThat(decoded(Coding.GZIP, all(gzip("one"), bytes("two")), piece)).isEqualTo("one ENCODING");
        assertThat(decoded(Coding.GZIP, all(gzip("one"), bytes("\u001f two")), piece))
                .isEqualTo("one ENCODING");
        assertThat(decoded(Coding.GZIP, all(bytes("\0"), gzip("one")), piece)).isEqualTo(" ENCODING");
    }

    @Test
    void membersTogetherAreBoundedLikeOne() {
        final byte[] member = gzip("x".repeat(60_000));
        assertThat(decoded(Coding.GZIP, member, 1000)).hasSize(60_000);
        final byte[][] members = new byte[40][];
        Arrays.fill(members, member);
        assertThat(decoded(Coding.GZIP, all(members), 1000)).endsWith(" TOO_LARGE");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void behindAStreamOfDeflateIsNothing(final boolean raw) {
        final byte[] one = deflate("one", raw);
        assertThat(decoded(Coding.DEFLATE, one, 1)).isEqualTo("one");
        assertThat(decoded(Coding.DEFLATE, all(one, one), 1)).isEqualTo("one ENCODING");
        assertThat(decoded(Coding.DEFLATE, all(one, one), 1000)).isEqualTo("one ENCODING");
    }

    @Test
    void framesOfZstdAreOneBody() {
        assertThat(decoded(Coding.ZSTD, all(zstd("one "), zstd("two")), 10)).isEqualTo("one two");
        assertThat(decoded(Coding.ZSTD, all(zstd("one"), bytes("two and more")), 10))
                .endsWith(" ENCODING");
    }

    @Test
    void behindAStreamOfBrotliIsNothing() {
        assertThat(decoded(Coding.BROTLI, BROTLI, 10)).isEqualTo("Hello");
        assertThat(decoded(Coding.BROTLI, all(BROTLI, BROTLI), 10)).endsWith(" ENCODING");
        assertThat(decoded(Coding.BROTLI, all(BROTLI, new byte[10_000]), 10)).endsWith(" ENCODING");
    }
}
