package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** How the JSON of a request is coded: servers take what Python's {@code json} takes, which is UTF-16 and UTF-32 as well. */
final class JsonText {
    private static final int BLOCK = 4 << 10; // characters
    private static final char MARK = '\uFEFF';

    private JsonText() {}

    /** The same in UTF-8 without a byte order mark: {@code body} itself where it is, else a new one, empty if there is no room for it. */
    static ContentBuffer utf8(final ContentBuffer body, final MemoryBudget budget, final Limits limits) {
        final byte[] bytes = body.array();
        final int length = body.length();
        if (length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF) {
            final ContentBuffer unmarked = new ContentBuffer(budget, limits.bodyBytes());
            unmarked.append(bytes, 3, length - 3);
            return unmarked;
        }
        final Charset charset = charset(bytes, length);
        if (charset == null) {
            return body;
        }
        final ContentBuffer recoded = new ContentBuffer(budget, limits.bodyBytes());
        if (!recode(ByteBuffer.wrap(bytes, 0, length), charset, recoded)) {
            recoded.clear();
        }
        return recoded;
    }

    private static boolean recode(final ByteBuffer from, final Charset charset, final ContentBuffer to) {
        final CharsetDecoder decoder = charset.newDecoder().onMalformedInput(CodingErrorAction.REPLACE);
        final CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE);
        final CharBuffer text = CharBuffer.allocate(BLOCK);
        final ByteBuffer utf8 = ByteBuffer.allocate(3 * BLOCK);
        boolean more = true;
        boolean fits = true;
        while (more && fits) {
            more = decoder.decode(from, text, true).isOverflow();
            text.flip();
            if (to.length() == 0 && text.hasRemaining() && text.charAt(0) == MARK) {
                text.get();
            }
            encoder.encode(text, utf8, !more);
            text.compact();
            fits = to.append(utf8.array(), 0, utf8.position());
            utf8.clear();
        }
        Arrays.fill(text.array(), '\0');
        Arrays.fill(utf8.array(), (byte) 0);
        return fits;
    }

    /** By its mark, or by where the zeros of its first character are (RFC 4627, 3); {@code null} for UTF-8. */
    private static @Nullable Charset charset(final byte[] bytes, final int length) {
        if (length < 2) {
            return null;
        }
        final int first = ((bytes[0] & 0xFF) << 8) | (bytes[1] & 0xFF);
        final int second = length < 4 ? -1 : ((bytes[2] & 0xFF) << 8) | (bytes[3] & 0xFF);
        return switch (first) {
            case 0xFEFF -> StandardCharsets.UTF_16BE;
            case 0xFFFE -> second == 0 ? StandardCharsets.UTF_32LE : StandardCharsets.UTF_16LE;
            case 0 -> length < 4 ? null : StandardCharsets.UTF_32BE;
            default -> {
                if (bytes[0] == 0) {
                    yield StandardCharsets.UTF_16BE;
                }
                yield bytes[1] != 0 ? null : second == 0 ? StandardCharsets.UTF_32LE : StandardCharsets.UTF_16LE;
            }
        };
    }

    /** Whether it begins as an object does, behind blanks. */
    static boolean isObject(final ContentBuffer body) {
        int at = 0;
        while (at < body.length() && isBlank(body.array()[at])) {
            at++;
        }
        return at < body.length() && body.array()[at] == '{';
    }

    static boolean isBlank(final byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }
}
