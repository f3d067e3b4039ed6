package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.http.Base64Text;
import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.http.PercentEncoding;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;

/**
 * A request that the process serves: the texts in it (of JSON its strings, of a form or a query the values, of a message of Protocol
 * Buffers or gRPC its texts), by which a question to a model is known to be asked because of it, also those that come as messages of a
 * WebSocket; and when it is answered. It looks at the beginning of what is large, of each part of a form with files, and at none of what
 * is not seen whole.
 */
public final class ServedExchange implements Exchange, Exchange.MessageSink {
    /** Takes what becomes of it. */
    public interface Listener {
        /** It is a WebSocket from now on, on which no answer ends it. */
        void becomesSocket();

        /** The client's next message comes on that. */
        void speaks();

        /** The request, or a message of its WebSocket, holds this text, which is valid during the call only. */
        void says(byte[] utf8, int from, int to);

        /** What it says is not known, and why. */
        void unread(GapCause cause);

        /** The answer begins. */
        void answers();

        /** It is answered whole, or nobody waits for that: what is said from now on is no part of an answer to it. */
        void over();
    }

    private static final int LOOKED_AT = 256 << 10; // bytes of a body
    private static final int MOST_TEXTS =
            128; // of one body, the last ones: what is asked stands behind what was said before
    private static final int PREFIX = 16; // bytes that may stand in front of JSON in a message, as Engine.IO has them
    private static final int DEPTH = 64;

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final ContentBuffer body;
    private final ContentDecoder decoder;
    private final JsonReader reader = new JsonReader(DEPTH);
    private final HttpHead.Media media;
    private final boolean text;
    private final boolean mayListen;
    private byte[] delimiter = new byte[0]; // of the parts of a form, once it is known
    private int part; // where one begins in the body
    private boolean large; // it does not fit
    private boolean cut;
    private boolean over;

    public ServedExchange(
            final MemoryBudget budget, final Limits limits, final HttpHead head, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        body = new ContentBuffer(budget, LOOKED_AT);
        final ContentDecoder.Sink kept = this::keep;
        decoder = new ContentDecoder(
                budget, limits, head.coding(), Long.MAX_VALUE, head.isBase64() ? new Base64Text(kept)::decode : kept);
        media = head.media();
        text = head.isText();
        mayListen = head.method().equals("GET");
        values(head.buffer(), head.pathEnd(), head.targetEnd());
    }

    private boolean keep(final byte[] bytes, final int offset, final int length) {
        int kept = 0;
        while (kept < length) {
            if (body.length() == LOOKED_AT && (media != HttpHead.Media.FORM || !makeRoom())) {
                return false;
            }
            final int count = Math.min(length - kept, LOOKED_AT - body.length());
            if (!body.append(bytes, offset + kept, count)) {
                return false;
            }
            kept += count;
        }
        return true;
    }

    /** Takes the parts of a form that are there, and of the one that goes on no more than may be its end if it is large. */
    private boolean makeRoom() {
        parts();
        if (delimiter.length == 0) {
            return false;
        }
        large |= part == 0;
        final int from = part == 0 ? body.length() - delimiter.length : part;
        final int left = body.length() - from;
        System.arraycopy(body.array(), from, body.array(), 0, left);
        body.truncate(left);
        part = 0;
        return true;
    }

    /** The parts of a form that end; the next one begins at {@link #part} then. */
    private void parts() {
        if (delimiter.length == 0) {
            delimiter = FormData.delimiter(body.array(), body.length());
            part = delimiter.length - 2;
        }
        while (delimiter.length > 0) {
            final int end = FormData.find(body.array(), part, body.length(), delimiter);
            if (end < 0) {
                return;
            }
            final int content = large ? -1 : FormData.content(body.array(), part, end);
            if (content >= 0) {
                texts(body.array(), content, end, 0, true);
            }
            large = false;
            part = end + delimiter.length;
        }
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        if (!cut && !over) {
            decoder.decode(bytes, offset, length);
        }
    }

    @Override
    public void requestGap(final long bytes) {
        cut = true; // what stands before it and behind it is not one text
        body.clear();
    }

    @Override
    public void requestEnd() {
        if (!cut && !over) {
            decoder.end();
            if (decoder.failure() == GapCause.ENCODING) {
                listener.unread(GapCause.ENCODING);
            }
            switch (media) {
                case URL_ENCODED_FORM -> form();
                case FORM -> parts();
                case GRPC -> messages();
                case PROTOBUF -> texts(body.array(), 0, body.length(), 0, true);
                default -> texts(body.array(), 0, body.length(), text ? PREFIX : 0, text);
            }
        }
        free();
    }

    /** Of fields, or of what is said to be a form by clients that are given no type ({@code curl -d}, Python's urllib). */
    private void form() {
        final byte[] bytes = body.array();
        int at = 0;
        while (at < body.length() && isBlank(bytes[at])) {
            at++;
        }
        final boolean json = at < body.length() && (bytes[at] == '{' || bytes[at] == '[');
        while (at < body.length() && bytes[at] != '=') {
            at++;
        }
        if (json || at == body.length()) {
            texts(bytes, 0, body.length(), 0, true);
        } else {
            values(bytes, 0, body.length());
        }
    }

    @Override
    public void responseHead(final HttpHead head) {
        if (mayListen && head.media() == HttpHead.Media.EVENT_STREAM) {
            over(); // it waits for whatever happens
        } else if (!over) {
            listener.answers();
        }
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {
        // what is answered is not looked at
    }

    @Override
    public void responseGap(final long bytes) {
        // the same
    }

    @Override
    public void responseEnd() {
        over();
    }

    @Override
    public void abort(final GapCause cause, final long missingBytes) {
        over();
    }

    @Override
    public void tunnelled() {
        over();
    }

    @Override
    public MessageSink upgraded() {
        listener.answers();
        free();
        listener.becomesSocket();
        return this;
    }

    @Override
    public void message(final boolean sent, final byte[] bytes, final int length) {
        if (sent) {
            listener.speaks();
            texts(bytes, 0, length, PREFIX, true);
        }
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        // a message that is not seen says nothing
    }

    @Override
    public void end() {
        over();
    }

    private void over() {
        if (!over) {
            over = true;
            free();
            listener.over();
        }
    }

    private void free() {
        body.close();
        decoder.close();
    }

    /**
     * The strings of JSON that begins behind blanks and at most {@code prefix} other bytes. Of anything else, all of it if it is text, or
     * the texts of a message of Protocol Buffers.
     */
    private void texts(final byte[] bytes, final int from, final int to, final int prefix, final boolean otherwise) {
        int start = from;
        while (start < to && isBlank(bytes[start])) {
            start++;
        }
        int at = start;
        while (at < Math.min(start + prefix, to - 1) && bytes[at] != '{' && bytes[at] != '[' && bytes[at] != '"') {
            at++;
        }
        final boolean json = at < to && (bytes[at] == '{' || bytes[at] == '[' || bytes[at] == '"');
        if (!(json && strings(bytes, at, to - at)) && otherwise && start < to) {
            final boolean printed = Protobuf.isText(bytes, from, to);
            if (printed) {
                listener.says(bytes, from, to);
            }
            if (!printed || media == HttpHead.Media.GRPC || media == HttpHead.Media.PROTOBUF) {
                fields(bytes, from, to - from); // a length from 32 to 126 can be printed as well
            }
        }
    }

    /** Blanks, and the mark with which UTF-8 may begin, which some parsers of JSON skip. */
    private static boolean isBlank(final byte b) {
        return b == ' '
                || b == '\t'
                || b == '\r'
                || b == '\n'
                || b == (byte) 0xef
                || b == (byte) 0xbb
                || b == (byte) 0xbf;
    }

    /** Answers whether it is JSON, as far as it is there. */
    private boolean strings(final byte[] bytes, final int from, final int length) {
        int strings = 0;
        reader.reset(bytes, from, length);
        Token token = reader.next();
        for (; !token.isLast(); token = reader.next()) {
            strings += token == Token.STRING ? 1 : 0;
        }
        final boolean whole = token != Token.MALFORMED;
        reader.reset(bytes, from, length);
        for (token = reader.next(); !token.isLast(); token = reader.next()) {
            if (token == Token.STRING && strings-- <= MOST_TEXTS) {
                final byte[] utf8 = new byte[reader.end() - reader.start()];
                listener.says(utf8, 0, reader.unescape(utf8, 0));
                Arrays.fill(utf8, (byte) 0);
            }
        }
        reader.clear();
        return whole;
    }

    /** The messages of a call. */
    private void messages() {
        final byte[] bytes = body.array();
        final int end = body.length();
        boolean read = true;
        int at = 0;
        try (ContentBuffer plain = new ContentBuffer(budget, LOOKED_AT)) { // of all that are compressed
            while (end - at > GrpcTexts.PREFIX && read) {
                final boolean compressed = (bytes[at] & GrpcTexts.COMPRESSED) != 0;
                final long length = Protobuf.bigEndian(bytes, at + 1);
                at += GrpcTexts.PREFIX;
                final int count = (int) Math.min(length, end - at);
                if (compressed && count > 0) {
                    read = compressed(at, count, plain);
                } else {
                    texts(bytes, at, at + count, 0, true);
                }
                at += count;
            }
        }
    }

    /** Answers whether it is compressed in a way that is undone. */
    private boolean compressed(final int from, final int length, final ContentBuffer plain) {
        final int before = plain.length();
        final GapCause failure =
                GrpcTexts.decompress(body.array(), from, length, budget, limits, LOOKED_AT - before, plain);
        texts(plain.array(), before, plain.length(), 0, true);
        if (failure == GapCause.ENCODING) {
            listener.unread(failure);
        }
        return failure != GapCause.ENCODING;
    }

    /** The texts of a message of Protocol Buffers. What can be printed may be a message as well, as those are that have little but text. */
    private void fields(final byte[] bytes, final int from, final int length) {
        fields(bytes, from, length, DEPTH, new int[1]);
    }

    private void fields(final byte[] bytes, final int from, final int length, final int depth, final int[] texts) {
        Protobuf.texts(bytes, from, length, depth, (start, count) -> {
            if (texts[0]++ < MOST_TEXTS) {
                listener.says(bytes, start, start + count);
                if (depth > 0) {
                    fields(bytes, start, count, depth - 1, texts);
                }
            }
        });
    }

    /** The values of a form, or of a query (WHATWG URL, 5.1). */
    private void values(final byte[] bytes, final int from, final int to) {
        final byte[] value = new byte[to - from];
        int texts = 0;
        int length = -1; // of the value; -1 within a name
        for (int at = from; at <= to && texts < MOST_TEXTS; at++) {
            final byte b = at < to ? bytes[at] : (byte) '&';
            if (b == '&') {
                if (length > 0) {
                    listener.says(value, 0, length);
                    texts++;
                }
                length = -1;
            } else if (length < 0) {
                length = b == '=' ? 0 : -1;
            } else {
                final int decoded = PercentEncoding.decoded(bytes, at, to);
                at += decoded < 0 ? 0 : 2;
                value[length++] = decoded >= 0 ? (byte) decoded : b == '+' ? (byte) ' ' : b;
            }
        }
        Arrays.fill(value, (byte) 0);
    }
}
