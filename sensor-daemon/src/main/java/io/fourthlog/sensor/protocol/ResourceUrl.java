package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Finding;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.http.PercentEncoding;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The URL of an HTTP request between its head and the record: one spelling for all that mean the same (RFC 3986, 6.2.2), so that a policy
 * is not got round by another one, and its content until what is sensitive in it is known.
 *
 * <pre>
 *  https://crm.internal:8443 /customers/ann@example.org ?since=2026 …    as it reads, decoded: what is looked through
 *  └── origin, as it is ───┘ └─ path, with placeholders ┘ └─ query, never recorded
 * </pre>
 */
public final class ResourceUrl implements AutoCloseable {
    private static final int LONGEST = 1024; // characters of a path that is recorded
    private static final String CUT = "(...)";
    private static final String NO_HOST = "(unknown)";
    private static final String AS_THEY_ARE = "-._~/!$&'()*+,;=:@"; // with letters and digits: RFC 3986, 3.3

    /** Parameters that carry a credential, as a field of the head does elsewhere: it says who asks, and is no data. */
    private static final Set<String> CREDENTIALS = Set.of(
            "key",
            "api_key",
            "apikey",
            "api-key",
            "access_token",
            "token",
            "auth",
            "sig",
            "signature",
            "x-amz-credential",
            "x-amz-signature",
            "x-amz-security-token",
            "x-goog-credential",
            "x-goog-signature");

    private static final int LONGEST_NAME = 20; // of those

    private final String origin;
    private final byte[] text; // origin, path and query, decoded
    private final int pathStart;
    private final BitSet slashes = new BitSet(0); // of a path, those that were encoded and part nothing
    private int pathEnd;
    private int length;

    private ResourceUrl(final String scheme, final String authority, final int room) {
        this.origin = scheme + "://" + authority;
        text = Arrays.copyOf(origin.getBytes(StandardCharsets.US_ASCII), origin.length() + room);
        pathStart = origin.length();
        length = pathStart;
    }

    /** The URL that a request's head is for. */
    public static ResourceUrl of(final HttpHead head, final boolean plain) {
        final String scheme = head.scheme(plain);
        final ResourceUrl url =
                new ResourceUrl(scheme, authority(head.host(), scheme), head.targetEnd() - head.pathStart() + 2);
        url.path(head.buffer(), head.pathStart(), head.pathEnd());
        url.query(head.buffer(), head.pathEnd(), head.targetEnd());
        return url;
    }

    private static String authority(final @Nullable String host, final String scheme) {
        if (host == null) {
            return NO_HOST;
        }
        final String port = scheme.equals("http") ? ":80" : ":443";
        final boolean ofAddress =
                host.startsWith("[") ? host.endsWith("]" + port) : host.indexOf(':') == host.lastIndexOf(':');
        return ofAddress && host.endsWith(port) ? host.substring(0, host.length() - port.length()) : host;
    }

    /** Decodes the path and takes its {@code .} and {@code ..} away (RFC 3986, 5.2.4). */
    private void path(final byte[] bytes, final int from, final int to) {
        int at = from;
        if (at < to && bytes[at] == '/') {
            at++;
        }
        text[length++] = '/';
        if (to - from == 1 && bytes[from] == '*') {
            at = to; // of OPTIONS: the server as a whole
        }
        int segment = length;
        while (at < to) {
            final byte raw = bytes[at];
            final int decoded = PercentEncoding.decoded(bytes, at, to);
            at += decoded < 0 ? 1 : 3;
            if (raw == '/') {
                segment = endSegment(segment, true);
                continue;
            }
            if (decoded == '/') {
                slashes.set(length);
            }
            text[length++] = decoded < 0 ? raw : (byte) decoded;
        }
        endSegment(segment, false);
        pathEnd = length;
    }

    /** Ends a segment of the path that begins there; answers where the next one begins. */
    private int endSegment(final int segment, final boolean more) {
        final int dots = length - segment;
        if (dots == 1 && text[segment] == '.') {
            return back(segment);
        }
        if (dots == 2 && text[segment] == '.' && text[segment + 1] == '.') {
            int parent = segment - 1;
            while (parent > pathStart && (text[parent - 1] != '/' || slashes.get(parent - 1))) {
                parent--;
            }
            return back(Math.max(parent, pathStart + 1));
        }
        if (more) {
            text[length++] = '/';
        }
        return length;
    }

    private int back(final int to) {
        slashes.clear(to, Math.max(to, length));
        length = to;
        return to;
    }

    /** Decodes the query, without the parameters that are credentials. */
    private void query(final byte[] bytes, final int from, final int to) {
        int at = from;
        while (at < to) {
            int end = at + 1;
            while (end < to && bytes[end] != '&') {
                end++;
            }
            if (!isCredential(bytes, at + 1, end)) {
                text[length++] = bytes[at];
                for (int each = at + 1; each < end; each++) {
                    final int decoded = PercentEncoding.decoded(bytes, each, end);
                    each += decoded < 0 ? 0 : 2;
                    text[length++] = decoded >= 0 ? (byte) decoded : bytes[each] == '+' ? (byte) ' ' : bytes[each];
                }
            }
            at = end;
        }
    }

    private static boolean isCredential(final byte[] bytes, final int from, final int to) {
        int end = from;
        while (end < to && bytes[end] != '=' && end - from <= LONGEST_NAME) {
            end++;
        }
        return end < to
                && bytes[end] == '='
                && CREDENTIALS.contains(
                        new String(bytes, from, end - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT));
    }

    /** All of it as it reads, which the caller closes. */
    public Plaintext text() {
        return Plaintext.copyOf(text, 0, length);
    }

    /** Whether something that was found in {@link #text()} is more than the host. */
    public boolean isBehindHost(final Finding finding) {
        return finding.end() > pathStart + 1;
    }

    /** What is recorded, with {@code (TAG)} in place of what was found in the path. */
    public String masked(final List<Finding> findings) {
        final StringBuilder uri = new StringBuilder(origin.length() + Math.min(LONGEST, pathEnd - pathStart) + 16)
                .append(origin)
                .append('/');
        final int limit = origin.length() + LONGEST;
        int at = pathStart + 1;
        for (final Finding finding : findings) { // in order of where they begin
            if (finding.end() <= at || finding.start() >= pathEnd) {
                continue;
            }
            if (finding.start() >= at || at == pathStart + 1) {
                if (!append(uri, at, Math.max(at, finding.start()), limit)) {
                    return uri.append(CUT).toString();
                }
                uri.append('(').append(finding.tag()).append(')');
            }
            at = Math.min(finding.end(), pathEnd); // of one that overlaps another, the rest goes with that
        }
        return (append(uri, at, pathEnd, limit) ? uri : uri.append(CUT)).toString();
    }

    /** What is recorded of one whose path could not be looked through. */
    public String without(final String why) {
        return origin + "/(" + why + ")";
    }

    private boolean append(final StringBuilder uri, final int from, final int to, final int limit) {
        for (int at = from; at < to; at++) {
            if (uri.length() >= limit) {
                return false;
            }
            final char c = (char) (text[at] & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || AS_THEY_ARE.indexOf(c) >= 0) && !slashes.get(at)) {
                uri.append(c);
            } else {
                uri.append('%').append(HexFormat.of().withUpperCase().toHexDigits(text[at]));
            }
        }
        return true;
    }

    /** Zeroes it. */
    @Override
    public void close() {
        Arrays.fill(text, (byte) 0);
    }

    /** The length, never the content. */
    @Override
    public String toString() {
        return "ResourceUrl[" + length + " bytes]";
    }
}
