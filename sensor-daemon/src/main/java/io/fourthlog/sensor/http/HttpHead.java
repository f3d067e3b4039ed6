package io.fourthlog.sensor.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A view of one HTTP head, of HTTP/1.1 (RFC 9112) or HTTP/2 (RFC 9113), inside its parser's buffer, valid while it is handed
 * over: only what the record needs is read out, so that a target's query and the fields' values stay where they are.
 */
public final class HttpHead {
    /** How a body was coded; {@link #OTHER} stands for what the sensor cannot undo. */
    public enum Coding {
        IDENTITY,
        GZIP,
        DEFLATE,
        BROTLI,
        ZSTD,
        /** The field may be one of those that are not known: the body's first bytes tell. */
        UNKNOWN,
        OTHER
    }

    /** What a body is, as its content type says. */
    public enum Media {
        /** No content type, or one that is of no interest. */
        OTHER,
        JSON,
        EVENT_STREAM,
        JSON_LINES,
        AWS_EVENT_STREAM,
        /** With a boundary. */
        FORM,
        URL_ENCODED_FORM,
        /** Messages with five bytes in front of each: gRPC, gRPC-Web, and Connect's streams. */
        GRPC,
        /** One message of Protocol Buffers. */
        PROTOBUF
    }

    /** What a connection is asked to become, or becomes. */
    public enum Upgrade {
        NONE,
        WEBSOCKET,
        H2C,
        OTHER
    }

    private static final int MAX_HOST = 255; // octets, RFC 1035
    private static final int MAX_PART = 255; // octets of a model's name in a path; the longest are ARNs below 200
    private static final int MIN_KEY = 20; // octets of one in a query, where more is called so; Google's have 39
    private static final int AUTHORIZATION = 0; // ranks of credentials
    private static final int X_API_KEY = 1;
    private static final int API_KEY = 2;
    private static final int X_GOOG_API_KEY = 3;
    private static final int IN_QUERY = 4;
    private static final int NAMED_KEY = 5; // in the query: also what else is called so
    private static final String[] SCHEMES = { // whose credential is the same each time
        "bearer ", "basic ", "apikey ", "api-key ", "token ", "key "
    };
    private static final List<String> CHALLENGED =
            List.of("negotiate", "ntlm", "digest"); // schemes that may stand alone
    private static final String AWS_CHUNKED = "aws-chunked";
    private static final String URL_ENCODED = "application/x-www-form-urlencoded";
    private static final int MOST_CREDENTIALS = 8; // clients send one, rarely two
    private static final int CREDENTIAL = 3; // numbers of each
    private static final int MAX_METHOD = 16; // the longest registered method is 17 letters and no API uses it

    private final boolean request;
    private byte[] bytes = new byte[0];
    private String method = "";
    private int pathStart;
    private int pathEnd;
    private byte[] route = bytes; // the path as a server that decodes it compares it, without slashes behind it
    private int routeStart;
    private int routeEnd;
    private int targetEnd;
    private boolean hostInTarget;
    private @Nullable String scheme;
    private int status;
    private long contentLength;
    private boolean chunked;
    private boolean transferCoded;
    private boolean incomplete;
    private boolean deflateMessages;
    private Upgrade upgrade = Upgrade.NONE;
    private Media media = Media.OTHER;
    private boolean text;
    private boolean base64;
    private Coding coding = Coding.IDENTITY;
    private boolean coded; // a field says how
    private boolean awsChunked;
    private boolean authority; // names the host
    private @Nullable String host;
    private @Nullable String traceparent;
    private @Nullable String model;
    private final int[] credentials = new int[CREDENTIAL * MOST_CREDENTIALS]; // rank, begin and end of each, by rank
    private int credentialCount;
    private boolean acceptsEvents;
    private long inputTokens;
    private long outputTokens;
    private @Nullable String errorType;
    private long grpcStatus;

    HttpHead(final boolean request) {
        this.request = request;
    }

    /** Reads {@code bytes[0, length)}, which ends with the empty line; answers whether it is a head. */
    boolean parse(final byte[] head, final int length) {
        begin(head);
        int line = endOfLine(0, length);
        if (!(request ? requestLine(line) : statusLine(line))) {
            return false;
        }
        for (int start = line + 1; start < length; start = line + 1) {
            line = endOfLine(start, length);
            while (line + 1 < length && isBlank(bytes[line + 1])) {
                bytes[line] = ' '; // RFC 9112, 5.2: the field goes on in the next line
                if (bytes[line - 1] == '\r') {
                    bytes[line - 1] = ' ';
                }
                line = endOfLine(line, length);
            }
            final int end = line > start && bytes[line - 1] == '\r' ? line - 1 : line;
            if (end > start && !field(start, end)) {
                return false;
            }
        }
        return true;
    }

    private void begin(final byte[] head) {
        bytes = head;
        method = "";
        status = 0;
        pathStart = pathEnd = 0;
        route = head;
        routeStart = routeEnd = 0;
        coded = authority = false;
        targetEnd = 0;
        hostInTarget = text = base64 = false;
        scheme = null;
        contentLength = -1;
        chunked = transferCoded = incomplete = deflateMessages = false;
        upgrade = Upgrade.NONE;
        media = Media.OTHER;
        coding = Coding.IDENTITY;
        awsChunked = false;
        host = traceparent = model = null;
        credentialCount = 0;
        acceptsEvents = false;
        inputTokens = outputTokens = -1;
        errorType = null;
        grpcStatus = -1;
    }

    /**
     * Reads the fields of an HTTP/2 head out of {@code fields}; answers whether it is one. A field that the compression
     * table does not know is not there, and {@link #isIncomplete()} then.
     */
    boolean parse(final Http2Fields fields) {
        begin(fields.array());
        incomplete = fields.incomplete();
        coding = incomplete ? Coding.UNKNOWN : Coding.IDENTITY;
        for (int i = 0; i < fields.count(); i++) {
            final int name = fields.name(i);
            final int length = fields.value(i) - name;
            final int from = fields.value(i);
            final int to = fields.end(i);
            if (bytes[name] == ':') {
                if (!pseudo(name, length, from, to)) {
                    return false;
                }
            } else if (!field(name, length, from, to)) {
                return false;
            }
        }
        return incomplete || (request ? !method.isEmpty() : status >= 100);
    }

    private boolean pseudo(final int name, final int length, final int from, final int to) {
        if (is(name, length, ":method")) {
            return method(from, to);
        }
        if (is(name, length, ":status")) {
            return to - from == 3 && status(from);
        }
        if (is(name, length, ":path")) {
            target(from, to);
        } else if (is(name, length, ":authority")) {
            host(from, to);
            authority = host != null; // RFC 9113, 8.3.1: a host field besides says nothing
        } else if (is(name, length, ":protocol") && is(from, to - from, "websocket")) {
            upgrade = Upgrade.WEBSOCKET; // RFC 8441
        }
        return true;
    }

    private boolean method(final int from, final int to) {
        for (int at = from; at < to; at++) {
            if (!isLetter(bytes[at])) { // some servers take a method in any case
                return false;
            }
        }
        if (to == from || to - from > MAX_METHOD) {
            return false;
        }
        method = new String(bytes, from, to - from, StandardCharsets.US_ASCII).toUpperCase(Locale.ROOT);
        return true;
    }

    static boolean isLetter(final byte b) {
        return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
    }

    private void target(final int from, final int to) {
        pathStart = from;
        if (to > from && bytes[from] != '/') {
            absolute(from, to);
        }
        int at = pathStart;
        while (at < to && bytes[at] != '?' && bytes[at] != '#') {
            at++;
        }
        pathEnd = at;
        targetEnd = to;
        route();
        query(at, to);
    }

    private void route() {
        route = bytes;
        routeStart = pathStart;
        routeEnd = pathEnd;
        if (indexOf(pathStart, pathEnd, "%") < pathEnd
                || indexOf(pathStart, pathEnd, "/.") < pathEnd
                || indexOf(pathStart, pathEnd, ";") < pathEnd) {
            route = new byte[pathEnd - pathStart];
            routeStart = routeEnd = 0;
            for (int at = pathStart; at < pathEnd; at++) {
                final int decoded = PercentEncoding.decoded(bytes, at, pathEnd);
                route[routeEnd++] = decoded < 0 ? bytes[at] : (byte) decoded;
                at += decoded < 0 ? 0 : 2;
            }
            routeEnd = resolved(route, routeEnd);
        }
        while (routeEnd > routeStart + 1 && route[routeEnd - 1] == '/') {
            routeEnd--;
        }
    }

    /** Resolves the dots in a path (RFC 3986, 5.2.4), and leaves out the parameters of its segments, as servers do; answers where it ends. */
    private static int resolved(final byte[] path, final int end) {
        int to = 0;
        int next;
        for (int at = 0; at < end; at = next) {
            next = at + 1;
            while (next < end && path[next] != '/') {
                next++;
            }
            int stop = at + 1;
            while (stop < next && path[stop] != ';') {
                stop++;
            }
            final boolean dot = stop - at > 1 && stop - at < 4 && path[at + 1] == '.' && path[stop - 1] == '.';
            if (!dot) {
                System.arraycopy(path, at, path, to, stop - at);
                to += stop - at;
            } else if (stop - at == 3) {
                to = Math.max(0, lastSlash(path, to));
            }
        }
        return to;
    }

    private static int lastSlash(final byte[] path, final int end) {
        int at = end - 1;
        while (at >= 0 && path[at] != '/') {
            at--;
        }
        return at;
    }

    /** A key may be in the query (Google's APIs; RFC 6750, 2.3). */
    private void query(final int from, final int to) {
        int at = from;
        while (at < to && bytes[at] != '#') {
            final int name = ++at;
            while (at < to && bytes[at] != '=' && bytes[at] != '&' && bytes[at] != '#') {
                at++;
            }
            final int length = at - name;
            final int value = at + 1;
            while (at < to && bytes[at] != '&' && bytes[at] != '#') {
                at++;
            }
            if (at - value >= MIN_KEY) {
                inQuery(name, length, value, at);
            }
        }
    }

    private void inQuery(final int name, final int length, final int from, final int to) {
        if (is(name, length, "key")) {
            final boolean google = startsWith(from, to, "aiza") || startsWith(from, to, "aq.");
            credential(google ? IN_QUERY : NAMED_KEY, from, to);
        } else if (is(name, length, "api_key")
                || is(name, length, "api-key")
                || is(name, length, "apikey")
                || is(name, length, "access_token")) {
            credential(IN_QUERY, from, to);
        }
    }

    /** A target that is a URL, as proxies are asked; its host is the one that is meant (RFC 9112, 3.2.2). */
    private void absolute(final int from, final int to) {
        final boolean encrypted = startsWith(from, to, "https://");
        if (!encrypted && !startsWith(from, to, "http://")) {
            return;
        }
        scheme = encrypted ? "https" : "http";
        int start = from + scheme.length() + "://".length();
        int at = start;
        while (at < to && bytes[at] != '/' && bytes[at] != '?' && bytes[at] != '#') {
            if (bytes[at++] == '@') {
                start = at; // behind a user's name
            }
        }
        host = null;
        host(start, at);
        hostInTarget = true;
        pathStart = at;
    }

    private int endOfLine(final int from, final int length) {
        int at = from;
        while (at < length && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    private boolean requestLine(final int lineEnd) {
        final int methodEnd = indexOfSpace(0, lineEnd);
        if (methodEnd == lineEnd || !method(0, methodEnd)) {
            return false;
        }
        final int end = indexOfSpace(methodEnd + 1, lineEnd);
        if (method.equals("CONNECT")) {
            authority(methodEnd + 1, end);
        } else {
            target(methodEnd + 1, end);
        }
        return startsWith(end, lineEnd, " HTTP/1.");
    }

    /** A target that is a host and a port (RFC 9112, 3.2.3). */
    private void authority(final int from, final int to) {
        host(from, to);
        hostInTarget = true;
        pathStart = pathEnd = targetEnd = to;
    }

    private int indexOfSpace(final int from, final int to) {
        int at = from;
        while (at < to && bytes[at] != ' ') {
            at++;
        }
        return at;
    }

    private boolean statusLine(final int lineEnd) {
        return startsWith(0, lineEnd, "HTTP/1.") && lineEnd >= 12 && bytes[8] == ' ' && status(9);
    }

    private boolean status(final int from) {
        for (int at = from; at < from + 3; at++) {
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
            return true; // no field, which servers refuse or pass over
        }
        final int nameEnd = endBeforeBlanks(start, colon);
        if (request && nameEnd < colon) {
            return !isFraming(start, nameEnd - start); // RFC 9112, 5.1: the same, but some may take it for one
        }
        final int from = afterBlanks(colon + 1, end);
        return field(start, nameEnd - start, from, endBeforeBlanks(from, end));
    }

    private boolean isFraming(final int start, final int length) {
        return is(start, length, "content-length") || is(start, length, "transfer-encoding");
    }

    private boolean field(final int start, final int length, final int from, final int to) {
        if (is(start, length, "host")) {
            if (!authority) {
                host(from, to);
            }
        } else if (is(start, length, "content-length")) {
            return contentLength(from, to);
        } else if (is(start, length, "transfer-encoding")) {
            transferCoded = true;
            chunked = endsWith(from, to, "chunked") && isToken(from, to - "chunked".length());
            if (!is(from, to - from, "chunked") && !is(from, to - from, "identity")) {
                coding = coding == Coding.IDENTITY ? Coding.UNKNOWN : Coding.OTHER;
                coded = true; // for the transfer, as hardly anybody does, who may not mean it
            }
        } else if (is(start, length, "content-encoding")) {
            contentCoding(from, to);
        } else if (is(start, length, "content-type")) {
            final Media said = media(from, to);
            media = media == Media.JSON ? media : said; // of several, as servers differ in which they look at
        } else if (is(start, length, "upgrade")) {
            upgrade = upgrade(from, to);
        } else if (is(start, length, "sec-websocket-extensions")) {
            deflateMessages = startsWith(from, to, "permessage-deflate");
        } else if (is(start, length, "x-amzn-bedrock-input-token-count")) {
            inputTokens = count(from, to);
        } else if (is(start, length, "x-amzn-bedrock-output-token-count")) {
            outputTokens = count(from, to);
        } else if (is(start, length, "x-amzn-errortype")) {
            errorType = errorType(from, to);
        } else if (is(start, length, "ai-language-model-id")) {
            model = to == from || to - from > MAX_PART ? null : decoded(from, to);
        } else if (is(start, length, "grpc-status")) {
            grpcStatus = count(from, to);
        } else if (is(start, length, "accept")) {
            acceptsEvents = contains(from, to, "text/event-stream");
        } else if (is(start, length, "traceparent")) {
            traceparent = Traceparent.traceId(bytes, from, to);
        } else if (is(start, length, "authorization")) {
            authorization(from, to);
        } else if (is(start, length, "x-api-key")) {
            credential(X_API_KEY, from, to);
        } else if (is(start, length, "api-key")) {
            credential(API_KEY, from, to);
        } else if (is(start, length, "x-goog-api-key")) {
            credential(X_GOOG_API_KEY, from, to);
        }
        return true;
    }

    /** Whether an element of a list begins there. */
    private boolean isToken(final int from, final int at) {
        return at == from || bytes[at - 1] == ',' || isBlank(bytes[at - 1]);
    }

    /**
     * RFC 9110, 11.6.2, or a token alone, as some services have it (Milvus). Amazon's signatures are new ones each time: of those, the id of
     * the key that they are made with.
     */
    private void authorization(final int from, final int to) {
        for (final String scheme : SCHEMES) {
            if (startsWith(from, to, scheme)) {
                credential(AUTHORIZATION, afterBlanks(from + scheme.length(), to), to);
                return;
            }
        }
        if (startsWith(from, to, "aws4-")) {
            final int key = indexOf(from, to, "credential=") + "credential=".length();
            int end = key;
            while (end < to && bytes[end] != '/' && bytes[end] != ',') {
                end++;
            }
            credential(AUTHORIZATION, key, end);
        } else if (isBare(from, to)) {
            credential(AUTHORIZATION, from, to);
        }
    }

    /** Whether it is one word, and no scheme without what it should carry. */
    private boolean isBare(final int from, final int to) {
        for (final String scheme : SCHEMES) {
            if (is(from, to - from, scheme.stripTrailing())) {
                return false;
            }
        }
        for (final String scheme : CHALLENGED) {
            if (is(from, to - from, scheme)) {
                return false;
            }
        }
        return indexOf(from, to, " ") == to && indexOf(from, to, "\t") == to;
    }

    /** Of several, each is kept in its rank's place; which of them the server looks at is its own affair. */
    private void credential(final int rank, final int from, final int to) {
        if (to <= from) {
            return;
        }
        int at = CREDENTIAL * Math.min(credentialCount, MOST_CREDENTIALS);
        while (at > 0 && credentials[at - CREDENTIAL] > rank) {
            at -= CREDENTIAL;
        }
        credentialCount++;
        final int moved = credentials.length - CREDENTIAL - at;
        if (moved >= 0) {
            System.arraycopy(credentials, at, credentials, at + CREDENTIAL, moved);
            credentials[at] = rank;
            credentials[at + 1] = from;
            credentials[at + 2] = to;
        }
    }

    private void host(final int from, final int to) {
        if (hostInTarget) {
            return;
        }
        for (int at = from; at < to; at++) {
            final byte b = bytes[at];
            if (b < 0 || (!Character.isLetterOrDigit(b) && ".-_:[]".indexOf(b) < 0)) {
                return;
            }
        }
        if (to > from && to - from <= MAX_HOST) {
            final String name = new String(bytes, from, to - from, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            host = name.lastIndexOf(':') == 0 ? null : withoutRoot(name); // a port alone is none
        }
    }

    /** Without the dot that a name may end with: {@code example.com.:443} is {@code example.com:443}. */
    private static String withoutRoot(final String host) {
        final int colon = host.lastIndexOf(':');
        final int end = colon < 0 || host.endsWith("]") ? host.length() : colon;
        return end < 2 || host.charAt(end - 1) != '.' ? host : host.substring(0, end - 1) + host.substring(end);
    }

    private boolean contentLength(final int from, final int to) {
        final long value = count(from, to);
        final boolean agrees = contentLength < 0 || contentLength == value;
        contentLength = value;
        return value >= 0 && agrees;
    }

    /** A number of at most 18 digits, or -1. */
    private long count(final int from, final int to) {
        long value = 0;
        for (int at = from; at < to; at++) {
            if (bytes[at] < '0' || bytes[at] > '9' || to - from > 18) {
                return -1;
            }
            value = value * 10 + bytes[at] - '0';
        }
        return from < to ? value : -1;
    }

    /** The name of an exception, which may be followed by a colon and a URI. */
    private @Nullable String errorType(final int from, final int to) {
        int end = from;
        while (end < to && bytes[end] > 0 && Character.isLetterOrDigit(bytes[end])) {
            end++;
        }
        return end == from || end - from > MAX_PART
                ? null
                : new String(bytes, from, end - from, StandardCharsets.US_ASCII);
    }

    /** {@code aws-chunked} was applied last, and is the first or the last of two, as the client writes it. */
    private void contentCoding(final int from, final int to) {
        final Coding before = coded ? coding : Coding.IDENTITY;
        coded = true;
        final int comma = indexOf(from, to, ",");
        final int last = comma == to ? from : afterBlanks(comma + 1, to);
        final boolean first = is(from, endBeforeBlanks(from, comma) - from, AWS_CHUNKED);
        final boolean chunks = first || is(last, to - last, AWS_CHUNKED);
        awsChunked |= chunks;
        if (!chunks) {
            coding = coding(from, to);
        } else if (comma < to) {
            coding = first ? coding(last, to) : coding(from, endBeforeBlanks(from, comma));
        } else {
            coding = Coding.IDENTITY;
        }
        if (before != Coding.IDENTITY) { // of another such field
            coding = coding == Coding.IDENTITY ? before : Coding.OTHER;
        }
    }

    private int afterBlanks(final int from, final int to) {
        int at = from;
        while (at < to && isBlank(bytes[at])) {
            at++;
        }
        return at;
    }

    private int endBeforeBlanks(final int from, final int to) {
        int at = to;
        while (at > from && isBlank(bytes[at - 1])) {
            at--;
        }
        return at;
    }

    private Coding coding(final int from, final int to) {
        if (is(from, to - from, "gzip") || is(from, to - from, "x-gzip")) {
            return Coding.GZIP;
        }
        if (is(from, to - from, "deflate")) {
            return Coding.DEFLATE;
        }
        if (is(from, to - from, "br")) {
            return Coding.BROTLI;
        }
        if (is(from, to - from, "zstd")) {
            return Coding.ZSTD;
        }
        return from == to || is(from, to - from, "identity") ? Coding.IDENTITY : Coding.OTHER;
    }

    private Media media(final int from, final int to) {
        int end = from;
        while (end < to && bytes[end] != ';' && !isBlank(bytes[end])) {
            end++;
        }
        final int length = end - from;
        text |= startsWith(from, end, "text/")
                || endsWith(from, end, "json") // +json, x-ndjson
                || endsWith(from, end, "jsonl")
                || endsWith(from, end, "xml")
                || endsWith(from, end, "yaml")
                || endsWith(from, end, "javascript")
                || is(from, length, URL_ENCODED)
                || is(from, length, "application/graphql");
        if (is(from, length, "text/event-stream")) {
            return Media.EVENT_STREAM;
        }
        if (is(from, length, "application/x-ndjson") || is(from, length, "application/jsonl")) {
            return Media.JSON_LINES;
        }
        if (is(from, length, "application/vnd.amazon.eventstream")) {
            return Media.AWS_EVENT_STREAM;
        }
        if (is(from, length, "multipart/form-data")) {
            return Media.FORM;
        }
        if (is(from, length, URL_ENCODED)) {
            return Media.URL_ENCODED_FORM;
        }
        base64 = is(from, length, "application/grpc-web-text") || startsWith(from, end, "application/grpc-web-text+");
        if (base64
                || is(from, length, "application/grpc")
                || is(from, length, "application/grpc-web")
                || startsWith(from, end, "application/grpc+")
                || startsWith(from, end, "application/grpc-web+")
                || startsWith(from, end, "application/connect+")) {
            return Media.GRPC;
        }
        if (startsWith(from, end, "application/")
                && (endsWith(from, end, "proto") || endsWith(from, end, "protobuf"))) {
            return Media.PROTOBUF; // nobody has registered one, so there are several
        }
        final boolean json = is(from, length, "application/json") || endsWith(from, end, "+json");
        final boolean listed = !startsWith(from, end, "multipart/") && contains(from, to, "application/json");
        return json || listed ? Media.JSON : Media.OTHER; // some servers look for it anywhere in the field
    }

    private Upgrade upgrade(final int from, final int to) {
        if (is(from, to - from, "websocket")) {
            return Upgrade.WEBSOCKET;
        }
        return is(from, to - from, "h2c") ? Upgrade.H2C : Upgrade.OTHER;
    }

    /** FNV-1a, to tell apart what is not to be kept; never 0. */
    private static long hash(final byte[] bytes, final int from, final int to) {
        long hash = 0xcbf29ce484222325L;
        for (int at = from; at < to; at++) {
            hash = (hash ^ (bytes[at] & 0xff)) * 0x100000001b3L;
        }
        return hash == 0 ? 1 : hash;
    }

    private boolean is(final int from, final int length, final String lowerCase) {
        return length == lowerCase.length() && startsWith(from, from + length, lowerCase);
    }

    private boolean endsWith(final int from, final int to, final String lowerCase) {
        return to - lowerCase.length() >= from && startsWith(to - lowerCase.length(), to, lowerCase);
    }

    private boolean startsWith(final int from, final int to, final String lowerCase) {
        return startsWith(bytes, from, to, lowerCase);
    }

    private static boolean startsWith(final byte[] in, final int from, final int to, final String text) {
        if (to - from < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            final int wanted = text.charAt(i);
            final int is = in[from + i];
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

    /** Whether the request target's path, decoded and without its query and slashes at its end, ends with {@code suffix}. */
    public boolean pathEndsWith(final String suffix) {
        final int at = routeEnd - suffix.length();
        return at >= routeStart && startsWith(route, at, routeEnd, suffix);
    }

    /** Whether the request target's path, decoded, contains {@code part}. */
    public boolean pathContains(final String part) {
        return indexOf(route, routeStart, routeEnd, part) < routeEnd;
    }

    private boolean contains(final int from, final int to, final String part) {
        return indexOf(from, to, part) < to;
    }

    /** Where a part begins, or {@code to}. */
    private int indexOf(final int from, final int to, final String part) {
        return indexOf(bytes, from, to, part);
    }

    private static int indexOf(final byte[] in, final int from, final int to, final String part) {
        for (int at = from; at <= to - part.length(); at++) {
            if (startsWith(in, at, to, part)) {
                return at;
            }
        }
        return to;
    }

    /**
     * The part of the path between the last {@code before} and the next slash, or colon if that ends it, percent-decoded: where
     * some APIs name the model. {@code null} if there is none that could be recorded.
     */
    public @Nullable String pathPart(final String before, final boolean colonEnds) {
        int from = -1;
        for (int at = pathStart; at <= pathEnd - before.length(); at++) {
            if (startsWith(at, pathEnd, before)) {
                from = at + before.length();
            }
        }
        if (from < 0) {
            return null;
        }
        int to = from;
        while (to < pathEnd && bytes[to] != '/' && (bytes[to] != ':' || !colonEnds)) {
            to++;
        }
        return to == from || to - from > MAX_PART ? null : decoded(from, to);
    }

    /** What a query gives a parameter, percent-decoded; {@code null} if that is nothing that could be recorded. */
    public @Nullable String parameter(final String name) {
        int from = pathEnd;
        while (from < targetEnd) {
            from++; // behind the ? or &
            int to = from;
            while (to < targetEnd && bytes[to] != '&') {
                to++;
            }
            final int value = from + name.length() + 1;
            if (value < to && bytes[value - 1] == '=' && startsWith(from, to, name)) {
                return to - value > MAX_PART ? null : decoded(value, to);
            }
            from = to;
        }
        return null;
    }

    private @Nullable String decoded(final int from, final int to) {
        final StringBuilder text = new StringBuilder(to - from);
        for (int at = from; at < to; at++) {
            final int decoded = PercentEncoding.decoded(bytes, at, to);
            final int c = decoded < 0 ? bytes[at] : decoded;
            at += decoded < 0 ? 0 : 2;
            if (c < ' ' || c > '~') {
                return null;
            }
            text.append((char) c);
        }
        return text.toString();
    }

    /** What a response says that the model took in or put out, where the fields say it and not the body (Bedrock); -1 if not. */
    public long tokens(final boolean output) {
        return output ? outputTokens : inputTokens;
    }

    /** The model that a field of a request names (AI SDK), {@code null} if none does. */
    @Nullable
    public String model() {
        return model;
    }

    /** The status of a response, 100 to 999. */
    public int status() {
        return status;
    }

    /** The error that a response's fields name (AWS), {@code null} if they name none. */
    @Nullable
    public String errorType() {
        return errorType;
    }

    /** The status of a call by gRPC, which its answer's trailers say; -1 if these do not. */
    public long grpcStatus() {
        return grpcStatus;
    }

    /** Whether the target is a URL, as a proxy is asked for one. */
    public boolean isForProxy() {
        return hostInTarget;
    }

    /** The scheme of what is requested: as its target says, if that is a URL, else of the connection. */
    public String scheme(final boolean plain) {
        return scheme != null ? scheme : plain ? "http" : "https";
    }

    /** Where the target's path begins in {@link #buffer()}, as it was sent; content. */
    public int pathStart() {
        return pathStart;
    }

    public int pathEnd() {
        return pathEnd;
    }

    /** Where the target ends, with the query that may follow the path. */
    public int targetEnd() {
        return targetEnd;
    }

    /** Whether the body is said to be text. */
    public boolean isText() {
        return text;
    }

    /** A hash of the request target, query included, that tells two of them apart. */
    public long targetHash() {
        return hash(bytes, pathStart, targetEnd);
    }

    /** The same of a URL or of a part of one from the path on. */
    public static long targetHash(final byte[] url, final int from, final int to) {
        int start = from;
        if (to > from && url[from] != '/') {
            int slashes = 0; // http://host/path
            while (start < to && (url[start] != '/' || ++slashes < 3)) {
                start++;
            }
        }
        return hash(url, start, to);
    }

    /** Whether a request asks for a stream of server-sent events. */
    public boolean acceptsEvents() {
        return acceptsEvents;
    }

    /** The {@code Host}, with its port if it has one, lower case; {@code null} if there is none that could be recorded. */
    public @Nullable String host() {
        return host;
    }

    /** The trace id of a valid {@code traceparent} (W3C Trace Context), 32 lower-case hex digits. */
    public @Nullable String traceId() {
        return traceparent;
    }

    /** What the body is. */
    public Media media() {
        return media;
    }

    /** Whether the body, of messages by gRPC-Web, is written in base64. */
    public boolean isBase64() {
        return base64;
    }

    /** How the body is coded; within {@link AwsChunks} if {@link #isAwsChunked()}. */
    public Coding coding() {
        return coding;
    }

    /** Whether the body has the framing of {@link AwsChunks}; an answer that says so has what a client once said of an object. */
    public boolean isAwsChunked() {
        return request && awsChunked;
    }

    /** How often the request says who asks: by fields, which come first, and in its query. */
    public int credentials() {
        int count = Math.min(credentialCount, MOST_CREDENTIALS);
        while (count > 1 && credentials[CREDENTIAL * (count - 1)] == NAMED_KEY) {
            count--; // another one is there, or the first of these
        }
        return count;
    }

    /** Whether it does more often than is kept. */
    public boolean hasMoreCredentials() {
        return credentialCount > MOST_CREDENTIALS;
    }

    /** Where one of them begins in {@link #buffer()}. */
    public int credentialStart(final int index) {
        return credentials[CREDENTIAL * index + 1];
    }

    public int credentialEnd(final int index) {
        return credentials[CREDENTIAL * index + 2];
    }

    /** The bytes that {@link #credentialStart} counts in; content, so never to be kept. */
    public byte[] buffer() {
        return bytes;
    }

    /** Whether there are fields that are not known, since the capture began in the middle of an HTTP/2 connection. */
    boolean isIncomplete() {
        return incomplete;
    }

    /** Whether it is not known what is requested. */
    public boolean isTargetUnknown() {
        return incomplete && (method.isEmpty() || pathEnd == pathStart);
    }

    public Upgrade upgrade() {
        return upgrade;
    }

    /** Whether a WebSocket's messages may be compressed (RFC 7692). */
    boolean deflatesMessages() {
        return deflateMessages;
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
