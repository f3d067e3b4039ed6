package io.fourthlog.sensor.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A view of one HTTP/1.1 head (RFC 9112) inside the parser's buffer, valid while it is handed over: only what the record
 * needs is read out, so that a target's query and the fields' values stay where they are.
 */
public final class HttpHead {
    /** How a body was coded; {@link #OTHER} stands for what the sensor cannot undo. */
    public enum Coding {
        IDENTITY,
        GZIP,
        DEFLATE,
        OTHER
    }

    private static final int MAX_HOST = 255; // octets, RFC 1035
    private static final int MAX_METHOD = 16; // the longest registered method is 17 letters and no API uses it

    private final boolean request;
    private byte[] bytes = new byte[0];
    private String method = "";
    private int pathStart;
    private int pathEnd;
    private int status;
    private long contentLength;
    private boolean chunked;
    private boolean transferCoded;
    private boolean upgrade;
    private boolean eventStream;
    private boolean http2;
    private Coding coding = Coding.IDENTITY;
    private @Nullable String host;
    private @Nullable String traceparent;
    private int credentialStart;
    private int credentialEnd;

    HttpHead(final boolean request) {
        this.request = request;
    }

    /** Reads {@code bytes[0, length)}, which ends with the empty line; answers whether it is a head. */
    boolean parse(final byte[] head, final int length) {
        bytes = head;
        method = "";
        status = 0;
        pathStart = pathEnd = 0;
        contentLength = -1;
        chunked = transferCoded = upgrade = eventStream = http2 = false;
        coding = Coding.IDENTITY;
        host = traceparent = null;
        credentialStart = credentialEnd = 0;
        int line = endOfLine(0, length);
        if (!(request ? requestLine(line) : statusLine(line))) {
            return false;
        }
        for (int start = line + 1; start < length; start = line + 1) {
            line = endOfLine(start, length);
            final int end = line > start && bytes[line - 1] == '\r' ? line - 1 : line;
            if (end > start && !field(start, end)) {
                return false;
            }
        }
        return true;
    }

    private int endOfLine(final int from, final int length) {
        int at = from;
        while (at < length && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    private boolean requestLine(final int lineEnd) {
        int at = 0;
        while (at < lineEnd && bytes[at] >= 'A' && bytes[at] <= 'Z') {
            at++;
        }
        if (at == 0 || at > MAX_METHOD || at >= lineEnd || bytes[at] != ' ') {
            return false;
        }
        method = new String(bytes, 0, at, StandardCharsets.US_ASCII);
        pathStart = at + 1;
        at = pathStart;
        while (at < lineEnd && bytes[at] != ' ' && bytes[at] != '?') {
            at++;
        }
        pathEnd = at;
        while (at < lineEnd && bytes[at] != ' ') {
            at++;
        }
        http2 = startsWith(at, lineEnd, " HTTP/2.0");
        return http2 || startsWith(at, lineEnd, " HTTP/1.");
    }

    private boolean statusLine(final int lineEnd) {
        if (!startsWith(0, lineEnd, "HTTP/1.") || lineEnd < 12 || bytes[8] != ' ') {
            return false;
        }
        for (int at = 9; at < 12; at++) {
            if (bytes[at] < '0' || bytes[at] > '9') {
                return false;
            }
            status = status * 10 + bytes[at] - '0';
        }
        return status >= 100;
    }

    private boolean field(final int start, final int end) {
        int colon = start;
        while (colon < end && bytes[colon] != ':') {
            colon++;
        }
        if (colon == start || colon == end) {
            return false;
        }
        int from = colon + 1;
        int to = end;
        while (from < to && isBlank(bytes[from])) {
            from++;
        }
        while (to > from && isBlank(bytes[to - 1])) {
            to--;
        }
        final int length = colon - start;
        if (is(start, length, "host")) {
            host(from, to);
        } else if (is(start, length, "content-length")) {
            return contentLength(from, to);
        } else if (is(start, length, "transfer-encoding")) {
            transferCoded = true;
            chunked = endsWith(from, to, "chunked");
        } else if (is(start, length, "content-encoding")) {
            coding = coding(from, to);
        } else if (is(start, length, "content-type")) {
            eventStream = startsWith(from, to, "text/event-stream");
        } else if (is(start, length, "upgrade")) {
            upgrade = true;
        } else if (is(start, length, "traceparent")) {
            traceparent = Traceparent.traceId(bytes, from, to);
        } else if (is(start, length, "authorization")) {
            if (startsWith(from, to, "bearer ")) {
                credentialStart = from + "bearer ".length();
                credentialEnd = to;
            }
        } else if (is(start, length, "api-key") || is(start, length, "x-api-key")) {
            credentialStart = from;
            credentialEnd = to;
        }
        return true;
    }

    private void host(final int from, final int to) {
        for (int at = from; at < to; at++) {
            final byte b = bytes[at];
            if (b < 0 || (!Character.isLetterOrDigit(b) && ".-_:[]".indexOf(b) < 0)) {
                return;
            }
        }
        if (to > from && to - from <= MAX_HOST) {
            host = new String(bytes, from, to - from, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        }
    }

    private boolean contentLength(final int from, final int to) {
        long value = 0;
        for (int at = from; at < to; at++) {
            if (bytes[at] < '0' || bytes[at] > '9' || to - from > 18) {
                return false;
            }
            value = value * 10 + bytes[at] - '0';
        }
        final boolean agrees = contentLength < 0 || contentLength == value;
        contentLength = value;
        return from < to && agrees;
    }

    private Coding coding(final int from, final int to) {
        if (is(from, to - from, "gzip") || is(from, to - from, "x-gzip")) {
            return Coding.GZIP;
        }
        if (is(from, to - from, "deflate")) {
            return Coding.DEFLATE;
        }
        return is(from, to - from, "identity") ? Coding.IDENTITY : Coding.OTHER;
    }

    private boolean is(final int from, final int length, final String lowerCase) {
        return length == lowerCase.length() && startsWith(from, from + length, lowerCase);
    }

    private boolean endsWith(final int from, final int to, final String lowerCase) {
        return to - lowerCase.length() >= from && startsWith(to - lowerCase.length(), to, lowerCase);
    }

    private boolean startsWith(final int from, final int to, final String text) {
        if (to - from < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            final int wanted = text.charAt(i);
            final int is = bytes[from + i];
            if (is != wanted && (is < 'A' || is > 'Z' || is + ('a' - 'A') != wanted)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(final byte b) {
        return b == ' ' || b == '\t';
    }

    /** The method of a request, upper case. */
    public String method() {
        return method;
    }

    /** Whether the request target's path, without its query, ends with {@code suffix}. */
    public boolean pathEndsWith(final String suffix) {
        return endsWith(pathStart, pathEnd, suffix);
    }

    /** The status of a response, 100 to 999. */
    public int status() {
        return status;
    }

    /** The {@code Host}, with its port if it has one, lower case; {@code null} if there is none that could be recorded. */
    public @Nullable String host() {
        return host;
    }

    /** The trace id of a valid {@code traceparent} (W3C Trace Context), 32 lower-case hex digits. */
    public @Nullable String traceId() {
        return traceparent;
    }

    /** Whether the body is a stream of server-sent events. */
    public boolean isEventStream() {
        return eventStream;
    }

    public Coding coding() {
        return coding;
    }

    /** Whether the request carries a bearer token or an API key: {@link #buffer()} from {@link #credentialStart()}. */
    public boolean hasCredential() {
        return credentialEnd > credentialStart;
    }

    public int credentialStart() {
        return credentialStart;
    }

    public int credentialEnd() {
        return credentialEnd;
    }

    /** The bytes that {@link #credentialStart()} counts in; content, so never to be kept. */
    public byte[] buffer() {
        return bytes;
    }

    boolean isHttp2Preface() {
        return http2;
    }

    boolean isUpgrade() {
        return upgrade;
    }

    boolean isChunked() {
        return chunked;
    }

    /** Whether the last transfer coding is one that does not say where the body ends. */
    boolean isOpenEnded() {
        return transferCoded && !chunked;
    }

    /** Octets of the body as announced, or -1. */
    long contentLength() {
        return contentLength;
    }

    @Override
    public String toString() {
        return request ? "HttpHead[" + method + "]" : "HttpHead[" + status + "]";
    }
}
