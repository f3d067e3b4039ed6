package io.fourthlog.sensor.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the trace id out of a {@code traceparent} value (W3C Trace Context, 2.2), which a captured request carries. */
public final class Traceparent {
    private static final int LENGTH = 55; // version-traceid-parentid-flags
    private static final int TRACE_ID = 3;
    private static final int TRACE_ID_END = 35;

    private Traceparent() {}

    /** The 32 hex digits, or {@code null} for a value that the specification tells receivers to ignore. */
    public static @Nullable String traceId(final byte[] bytes, final int from, final int to) {
        if (to - from < LENGTH || bytes[from + 2] != '-' || bytes[from + TRACE_ID_END] != '-') {
            return null;
        }
        boolean allZero = true;
        for (int at = from + TRACE_ID; at < from + TRACE_ID_END; at++) {
            final byte b = bytes[at];
            if ((b < '0' || b > '9') && (b < 'a' || b > 'f')) {
                return null;
            }
            allZero &= b == '0';
        }
        final boolean version = bytes[from] != 'f' || bytes[from + 1] != 'f';
        return allZero || !version
                ? null
                : new String(bytes, from + TRACE_ID, TRACE_ID_END - TRACE_ID, StandardCharsets.US_ASCII);
    }
}
