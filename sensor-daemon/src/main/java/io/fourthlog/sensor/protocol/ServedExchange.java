package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;

/**
 * A request that the process serves: the texts in it (of JSON its strings, of a form or a query the values), by which a question to a
 * model is known to be asked because of it, also those that come as messages of a WebSocket; and when it is answered. It looks at the
 * beginning of what is large, and at none of what is not seen whole.
 */
public final class ServedExchange implements Exchange, Exchange.MessageSink {
    /** Takes what becomes of it. */
    public interface Listener {
        /** The request, or a message of its WebSocket, holds this text, which is valid during the call only. */
        void says(byte[] utf8, int from, int to);

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

    private final Listener listener;
    private final ContentBuffer body;
    private final ContentDecoder decoder;
    private final JsonReader reader = new JsonReader(DEPTH);
    private final boolean form;
    private final boolean text;
    private final boolean mayListen;
    private boolean cut;
    private boolean over;

    public ServedExchange(
            final MemoryBudget budget, final Limits limits, final HttpHead head, final Listener listener) {
        this.listener = listener;
        body = new ContentBuffer(budget, LOOKED_AT);
        decoder = new ContentDecoder(budget, limits, head.coding(), Long.MAX_VALUE, this::keep);
        form = head.media() == HttpHead.Media.URL_ENCODED_FORM;
        text = head.isText();
        mayListen = head.method().equals("GET");
        values(head.buffer(), head.pathEnd(), head.targetEnd());
    }

    private boolean keep(final byte[] bytes, final int offset, final int length) {
        final int count = Math.min(length, LOOKED_AT - body.length());
        return body.append(bytes, offset, count) && count == length;
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
            if (form) {
                values(body.array(), 0, body.length());
            } else {
                texts(body.array(), body.length(), 1, text);
            }
        }
        free();
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
        over();
        return this;
    }

    @Override
    public void message(final boolean sent, final byte[] bytes, final int length) {
        if (sent) {
            texts(bytes, length, PREFIX, true);
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

    /** The strings of JSON that begins within the first {@code prefix} bytes; of anything else, all of it, if it is text. */
    private void texts(final byte[] bytes, final int length, final int prefix, final boolean otherwise) {
        int at = 0;
        while (at < Math.min(prefix, length) && bytes[at] != '{' && bytes[at] != '[') {
            at++;
        }
        if (at < length && (bytes[at] == '{' || bytes[at] == '[')) {
            strings(bytes, at, length - at);
        } else if (otherwise && length > 0) {
            listener.says(bytes, 0, length);
        }
    }

    private void strings(final byte[] bytes, final int from, final int length) {
        int strings = 0;
        reader.reset(bytes, from, length);
        for (Token token = reader.next(); !token.isLast(); token = reader.next()) {
            strings += token == Token.STRING ? 1 : 0;
        }
        reader.reset(bytes, from, length);
        for (Token token = reader.next(); !token.isLast(); token = reader.next()) {
            if (token == Token.STRING && strings-- <= MOST_TEXTS) {
                final byte[] utf8 = new byte[reader.end() - reader.start()];
                listener.says(utf8, 0, reader.unescape(utf8, 0));
                Arrays.fill(utf8, (byte) 0);
            }
        }
        reader.clear();
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
            } else if (b == '%' && at + 2 < to && isHex(bytes[at + 1]) && isHex(bytes[at + 2])) {
                value[length++] = (byte) (Character.digit(bytes[at + 1], 16) << 4 | Character.digit(bytes[at + 2], 16));
                at += 2;
            } else {
                value[length++] = b == '+' ? (byte) ' ' : b;
            }
        }
        Arrays.fill(value, (byte) 0);
    }

    private static boolean isHex(final byte b) {
        return Character.digit(b, 16) >= 0;
    }
}
