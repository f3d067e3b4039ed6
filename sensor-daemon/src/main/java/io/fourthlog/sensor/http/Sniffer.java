package io.fourthlog.sensor.http;

import io.fourthlog.sensor.database.Begins;
import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.streams.GapCause;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a connection speaks by how it begins, or, in the middle of it, by how a captured call begins. Nothing of a
 * connection is guessed at: while nothing is recognised, the connection is one gap.
 */
final class Sniffer implements Protocol {
    /** What the first bytes of a direction say. */
    private enum Sign {
        UNDECIDED,
        NONE,
        HTTP_1,
        HTTP_2,
        /** Frames of HTTP/2 that are not its beginning. */
        HTTP_2_MIDDLE,
        /** The other end asks, or is answered. */
        SERVED_HTTP_1,
        SERVED_HTTP_2,
        DATABASE,
        /** Requests that are not its beginning. */
        DATABASE_MIDDLE,
        /** A database's; its client's sensor records what it asks. */
        SERVER,
        /** TLS as it goes over the wire: the plaintext is read from the TLS library. */
        ENCRYPTED,
        /** What a proxy says of whose connection it hands on, before that begins. */
        PROXY_HEADER
    }

    private static final int DECIDED =
            48; // octets after which every sign has shown: the HTTP/2 preface (RFC 9113, 3.4), a database's login
    private static final Database[] DATABASES = Database.values();
    private static final int MIN_METHOD = 3; // letters, the shortest that is registered
    private static final int MAX_METHOD = 16;
    private static final String URL = "http"; // how a target begins that is one, also with another letter behind it
    private static final int TLS_HANDSHAKE = 0x16; // RFC 8446, 5.1
    private static final List<String> METHODS = List.of(
            "get /",
            "post /",
            "put /",
            "patch /",
            "delete /",
            "head /",
            "options /"); // which some servers take in any case
    private static final String VERSION = " HTTP/1.";
    private static final String PROXY_1 = "PROXY "; // HAProxy, "The PROXY protocol", 2.1: a line
    private static final int MAX_PROXY_1 = 107; // octets of it
    private static final byte[] PROXY_2 = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'}; // 2.2
    private static final int PROXY_2_FIXED =
            16; // octets of its header that are always there, the length of the others last

    private final Connection connection;
    private final Direction sent;
    private final Direction received;
    private @Nullable Exchange tunnel; // through which nothing came yet
    private boolean reported;
    private @Nullable Database database; // that was recognised

    Sniffer(final Connection connection) {
        this(connection, null);
    }

    /** @param tunnel what asked for one */
    Sniffer(final Connection connection, final @Nullable Exchange tunnel) {
        this.connection = connection;
        sent = new Direction(true);
        received = new Direction(false);
        this.tunnel = tunnel;
    }

    @Override
    public Half sent() {
        return sent;
    }

    @Override
    public Half received() {
        return received;
    }

    @Override
    public boolean end(final GapCause cause) {
        final Exchange asked = tunnel;
        if (asked != null && connection.isClosed()) {
            tunnel = null;
            asked.abort(cause, -1); // nothing went through it, and its head had room for much
            return true;
        }
        final boolean untold = !reported && (sent.length > 0 || received.length > 0);
        if (untold) {
            unrecognised(cause == GapCause.UNFINISHED ? GapCause.PROTOCOL : cause, -1);
        }
        return untold;
    }

    @Override
    public void shut() {
        sent.forget();
        received.forget();
        entered();
    }

    /** Something goes through the tunnel, or may have: TLS does without being seen here. */
    private void entered() {
        final Exchange asked = tunnel;
        tunnel = null;
        if (asked != null) {
            asked.tunnelled();
        }
    }

    private void become(final Sign sign) {
        if (sign == Sign.SERVED_HTTP_1 || sign == Sign.SERVED_HTTP_2) {
            connection.serve();
        }
        switch (sign) {
            case HTTP_1, SERVED_HTTP_1 -> connection.become(new Http1Connection(connection));
            case HTTP_2, HTTP_2_MIDDLE, SERVED_HTTP_2 -> {
                final boolean begins = sign != Sign.HTTP_2_MIDDLE;
                final Http2Connection http2 = Http2Connection.create(connection, begins);
                if (http2 == null) {
                    connection.giveUp(GapCause.SHED, -1);
                } else {
                    connection.become(http2);
                    if (!begins) {
                        unrecognised(GapCause.MIDDLE, -1);
                    }
                }
            }
            case DATABASE, DATABASE_MIDDLE -> {
                final Database found = Objects.requireNonNull(database);
                final boolean begins = sign == Sign.DATABASE;
                connection.become(new DatabaseConnection(
                        connection,
                        found.decoder(connection.budget(), connection.listener().database(found), begins)));
                if (!begins) {
                    unrecognised(GapCause.MIDDLE, -1);
                }
            }
            case SERVER, ENCRYPTED -> connection.become(Ignored.INSTANCE);
            case UNDECIDED, NONE, PROXY_HEADER -> throw new IllegalArgumentException("nothing was recognised");
        }
    }

    private void unrecognised(final GapCause cause, final long bytes) {
        if (!reported) {
            reported = true;
            if (cause == GapCause.PROTOCOL && !connection.isServed()) {
                connection.listener().unrecognised();
            } else {
                connection.gap(cause, bytes);
            }
        }
    }

    private final class Direction implements Half {
        private final boolean client;
        private final boolean sentByProcess;
        private final byte[] held = new byte[DECIDED];
        private int length;
        private boolean lost; // until the next chunk
        private boolean inProxyLine;
        private int ofProxyHeader; // octets: how many of the line came, or how many are left

        private Direction(final boolean client) {
            this.client = client;
            this.sentByProcess = client != connection.isServed();
        }

        @Override
        public int data(final byte[] bytes, final int offset, final int count, final boolean chunkStart) {
            entered();
            if (ofProxyHeader > 0) {
                return proxyHeader(bytes, offset, count);
            }
            if (chunkStart && length == 0) {
                if (Http2Frame.areOfConnection(bytes, offset, offset + count)) {
                    return count; // nothing that is asked; a server may say it before it has the preface, and last
                }
                final int lines = emptyLines(bytes, offset, count);
                if (lines > 0) {
                    return lines;
                }
                final Sign whole = wholeCall(bytes, offset, count);
                lost = whole == Sign.NONE;
                if (whole == Sign.PROXY_HEADER) {
                    beginProxyHeader(bytes, offset);
                    return proxyHeader(bytes, offset, count);
                }
                if (whole.compareTo(Sign.NONE) > 0) {
                    become(whole);
                    return 0;
                }
            }
            if (lost) {
                unrecognised(GapCause.PROTOCOL, -1);
                return count;
            }
            final int taken = Math.min(count, DECIDED - length);
            System.arraycopy(bytes, offset, held, length, taken);
            length += taken;
            final Sign sign = sign(held, 0, length);
            if (sign == Sign.UNDECIDED) {
                return taken;
            }
            if (sign == Sign.NONE) {
                forget();
                lost = true;
                unrecognised(GapCause.PROTOCOL, -1);
                return taken;
            }
            if (sign == Sign.PROXY_HEADER) {
                beginProxyHeader(held, 0);
                final int before = length - taken;
                final int header = proxyHeader(held, 0, length);
                forget();
                return header - before;
            }
            final byte[] begun = Arrays.copyOf(held, length);
            become(sign);
            feed(begun);
            return taken;
        }

        private void beginProxyHeader(final byte[] bytes, final int offset) {
            inProxyLine = bytes[offset] == PROXY_1.charAt(0);
            ofProxyHeader = inProxyLine
                    ? 1
                    : PROXY_2_FIXED
                            + ((bytes[offset + PROXY_2_FIXED - 2] & 0xff) << 8)
                            + (bytes[offset + PROXY_2_FIXED - 1] & 0xff);
        }

        /** Octets that belong to it. */
        private int proxyHeader(final byte[] bytes, final int offset, final int count) {
            if (!inProxyLine) {
                final int taken = Math.min(count, ofProxyHeader);
                ofProxyHeader -= taken;
                return taken;
            }
            for (int at = 0; at < count; at++) {
                if (bytes[offset + at] == '\n' || ++ofProxyHeader > MAX_PROXY_1) {
                    ofProxyHeader = 0;
                    return at + 1;
                }
            }
            return count;
        }

        /** Octets of the empty lines before a request, which servers skip (RFC 9112, 2.2); 0 where something else begins so. */
        private int emptyLines(final byte[] bytes, final int offset, final int count) {
            int lines = 0;
            while (lines + 1 < count && bytes[offset + lines] == '\r' && bytes[offset + lines + 1] == '\n') {
                lines += 2;
            }
            final boolean request = lines == count || (bytes[offset + lines] >= 'A' && bytes[offset + lines] <= 'Z');
            return request ? lines : 0;
        }

        private void feed(final byte[] begun) {
            connection.half(sentByProcess).data(begun, 0, begun.length, true);
            Arrays.fill(begun, (byte) 0);
        }

        @Override
        public void gap(final long bytes) {
            entered();
            ofProxyHeader = 0;
            forget();
            lost = true;
            unrecognised(GapCause.MIDDLE, bytes);
        }

        private void forget() {
            Arrays.fill(held, (byte) 0);
            length = 0;
        }

        private Sign wholeCall(final byte[] bytes, final int offset, final int count) {
            final Sign sign = sign(bytes, offset, count);
            if (client && (sign == Sign.NONE || sign == Sign.UNDECIDED)) {
                for (final Database each : DATABASES) {
                    if (each.isRequest(bytes, offset, count)) {
                        database = each;
                        return Sign.DATABASE_MIDDLE;
                    }
                }
            }
            return sign;
        }

        private Sign sign(final byte[] bytes, final int offset, final int count) {
            final Sign http = http(bytes, offset, count);
            if (http != Sign.NONE && http != Sign.UNDECIDED && http != Sign.HTTP_2_MIDDLE) {
                return http;
            }
            final Sign other = database(bytes, offset, count);
            return other == Sign.NONE || (other == Sign.UNDECIDED && http != Sign.NONE) ? http : other;
        }

        private Sign database(final byte[] bytes, final int offset, final int count) {
            boolean undecided = false;
            for (final Database each : DATABASES) {
                final Begins asClient = each.client(bytes, offset, count);
                final Begins asServer = each.server(bytes, offset, count);
                if (asClient == Begins.YES || asServer == Begins.YES) {
                    database = each;
                    return (asClient == Begins.YES) == client ? Sign.DATABASE : Sign.SERVER;
                }
                undecided |= asClient == Begins.UNDECIDED || asServer == Begins.UNDECIDED;
            }
            return undecided && count < DECIDED ? Sign.UNDECIDED : Sign.NONE;
        }

        private Sign http(final byte[] bytes, final int offset, final int count) {
            if (count == 0) {
                return Sign.UNDECIDED;
            }
            if (bytes[offset] == TLS_HANDSHAKE) {
                return count < 2 ? Sign.UNDECIDED : bytes[offset + 1] == 3 ? Sign.ENCRYPTED : Sign.NONE;
            }
            final Sign proxy = proxy(bytes, offset, count);
            if (proxy != Sign.NONE) {
                return proxy;
            }
            if (bytes[offset] == 'H') {
                final Sign answer = client
                        ? answered(bytes, offset, count)
                        : startsWith(bytes, offset, count, "HTTP/1.", Sign.HTTP_1);
                if (answer != Sign.NONE) {
                    return answer;
                }
            }
            if (bytes[offset] >= 'A' && bytes[offset] <= 'Z') {
                return request(bytes, offset, count);
            }
            if (bytes[offset] >= 'a' && bytes[offset] <= 'z') {
                return lowerCase(bytes, offset, count);
            }
            if (count < Http2Frame.HEADER) {
                return Http2Frame.couldBegin(bytes, offset, count) ? Sign.UNDECIDED : Sign.NONE;
            }
            return Http2Frame.isPlausible(bytes, offset, Http2Frame.MAX_IN_THE_MIDDLE) ? Sign.HTTP_2_MIDDLE : Sign.NONE;
        }

        private static Sign proxy(final byte[] bytes, final int offset, final int count) {
            if (bytes[offset] == PROXY_1.charAt(0)) {
                final Sign line = startsWith(bytes, offset, count, PROXY_1, Sign.PROXY_HEADER);
                if (line != Sign.PROXY_HEADER || count == PROXY_1.length()) {
                    return line == Sign.NONE ? line : Sign.UNDECIDED;
                }
                final byte next = bytes[offset + PROXY_1.length()];
                return next == 'T' || next == 'U' ? line : Sign.NONE; // TCP4, TCP6, UNKNOWN
            }
            final int compared = Math.min(count, PROXY_2.length);
            if (!Arrays.equals(bytes, offset, offset + compared, PROXY_2, 0, compared)) {
                return Sign.NONE;
            }
            return count < PROXY_2_FIXED ? Sign.UNDECIDED : Sign.PROXY_HEADER;
        }

        /** A request whose method is; what is asked of a cache in such words ends its line otherwise. */
        private Sign lowerCase(final byte[] bytes, final int offset, final int count) {
            for (final String method : METHODS) {
                int at = 0;
                while (at < Math.min(count, method.length())
                        && (bytes[offset + at] | 0x20) == (method.charAt(at) | 0x20)) {
                    at++;
                }
                if (at == method.length()) {
                    return isLineOf(bytes, offset, count)
                            ? client ? Sign.HTTP_1 : served(Sign.SERVED_HTTP_1)
                            : Sign.NONE;
                }
                if (at == count) {
                    return Sign.UNDECIDED;
                }
            }
            return Sign.NONE;
        }

        /** Whether the first line ends with a version of HTTP, if it ends. */
        private static boolean isLineOf(final byte[] bytes, final int offset, final int count) {
            int end = offset;
            while (end < offset + count && bytes[end] != '\n') {
                end++;
            }
            for (int at = offset; at <= end - VERSION.length(); at++) {
                if (startsWith(bytes, at, end - at, VERSION, Sign.HTTP_1) == Sign.HTTP_1) {
                    return true;
                }
            }
            return end == offset + count;
        }

        private Sign request(final byte[] bytes, final int offset, final int count) {
            int at = 0;
            while (at < count && bytes[offset + at] >= 'A' && bytes[offset + at] <= 'Z') {
                at++;
            }
            if (at == count) {
                return at <= MAX_METHOD ? Sign.UNDECIDED : Sign.NONE;
            }
            if (bytes[offset + at] >= 'a' && bytes[offset + at] <= 'z') {
                return lowerCase(bytes, offset, count);
            }
            if (bytes[offset + at] != ' ' || at < MIN_METHOD || at > MAX_METHOD) {
                return Sign.NONE;
            }
            if (at + 1 == count) {
                return Sign.UNDECIDED;
            }
            if (at == MIN_METHOD && bytes[offset] == 'P' && bytes[offset + 1] == 'R') {
                return startsWith(
                        bytes, offset, count, "PRI * HTTP/2.0", client ? Sign.HTTP_2 : served(Sign.SERVED_HTTP_2));
            }
            final int target = offset + at + 1;
            final Sign one = client ? Sign.HTTP_1 : served(Sign.SERVED_HTTP_1);
            if (bytes[target] == '/' || bytes[target] == '*') {
                return one;
            }
            if (startsWith(bytes, offset, count, "CONNECT ", one) == one) {
                return Character.isLetterOrDigit(bytes[target]) || bytes[target] == '[' ? one : Sign.NONE;
            }
            return url(bytes, target, offset + count, one);
        }

        /** Whether what is sent is an answer: a version also ends the line of a request, which may be cut anywhere. */
        private Sign answered(final byte[] bytes, final int offset, final int count) {
            final Sign one = startsWith(bytes, offset, count, "HTTP/1.1 ", served(Sign.SERVED_HTTP_1));
            return one == Sign.NONE ? startsWith(bytes, offset, count, "HTTP/1.0 ", served(Sign.SERVED_HTTP_1)) : one;
        }

        /** The sign of a connection on which the other end asks, unless it is known not to. */
        private Sign served(final Sign sign) {
            return connection.isServed() || connection.listener().isClient() ? Sign.NONE : sign;
        }

        /** What a proxy is asked for. */
        private static Sign url(final byte[] bytes, final int from, final int to, final Sign then) {
            for (int i = 0; i < URL.length(); i++) {
                if (from + i == to) {
                    return Sign.UNDECIDED;
                }
                if ((bytes[from + i] | 0x20) != URL.charAt(i)) { // of either case
                    return Sign.NONE;
                }
            }
            return then;
        }

        private static Sign startsWith(
                final byte[] bytes, final int offset, final int count, final String ascii, final Sign then) {
            for (int i = 0; i < Math.min(count, ascii.length()); i++) {
                if (bytes[offset + i] != ascii.charAt(i)) {
                    return Sign.NONE;
                }
            }
            return count < ascii.length() ? Sign.UNDECIDED : then;
        }
    }
}
