package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;

/**
 * The JSON objects in a body, each as soon as it is complete: the body's one object, the lines of a stream (NDJSON), or the
 * elements of an array that is streamed. Only strings and brackets are looked at; whether an object is valid is for its
 * reader.
 */
final class JsonSplitter implements AutoCloseable {
    /** Takes one object, valid during the call only. */
    interface Sink {
        void object(byte[] json, int length);

        /** An object is larger than is kept, and is skipped. */
        void oversized();
    }

    private final Sink sink;
    private final ContentBuffer object;
    private int depth; // of objects and arrays inside the current object, itself included
    private boolean inString;
    private boolean escaped;
    private boolean oversized;
    private boolean other; // something that is neither an object nor between objects
    private long objects;
    private boolean closed;

    JsonSplitter(final MemoryBudget budget, final Limits limits, final Sink sink) {
        this.sink = sink;
        this.object = new ContentBuffer(budget, limits.bodyBytes());
    }

    void parse(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !closed) {
            at = depth == 0 ? between(bytes, at, end) : inside(bytes, at, end);
        }
    }

    private int between(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && bytes[at] != '{') {
            final byte b = bytes[at++];
            other |= b > ' ' && b != '[' && b != ']' && b != ',';
        }
        return at < end ? begin(bytes, at, end) : at;
    }

    private int begin(final byte[] bytes, final int at, final int end) {
        depth = 1;
        final int next = scan(bytes, at + 1, end);
        keep(bytes, at, next);
        return next;
    }

    private int inside(final byte[] bytes, final int at, final int end) {
        final int next = scan(bytes, at, end);
        keep(bytes, at, next);
        return next;
    }

    /** Up to the object's last bracket, or the end of what is there. */
    private int scan(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end) {
            if (inString) {
                at = string(bytes, at, end);
                continue;
            }
            final byte b = bytes[at++];
            if (b == '"') {
                inString = true;
            } else if (b == '{' || b == '[') {
                depth++;
            } else if ((b == '}' || b == ']') && --depth == 0) {
                return at;
            }
        }
        return at;
    }

    private int string(final byte[] bytes, final int from, final int end) {
        int at = from;
        if (escaped) {
            escaped = false;
            at++;
        }
        while (at < end) {
            final byte b = bytes[at++];
            if (b == '"') {
                inString = false;
                return at;
            }
            if (b == '\\' && at++ == end) {
                escaped = true;
                return end;
            }
        }
        return at;
    }

    private void keep(final byte[] bytes, final int from, final int to) {
        if (!oversized && !object.append(bytes, from, to - from)) {
            oversized = true;
            object.clear();
            sink.oversized();
        }
        if (depth == 0) {
            objects++;
            if (!oversized) {
                sink.object(object.array(), object.length());
            }
            oversized = false;
            object.clear();
        }
    }

    /** Whether the body ended inside an object, or was something else. */
    boolean isCut() {
        return (depth > 0 && !oversized) || (other && objects == 0);
    }

    @Override
    public void close() {
        closed = true;
        object.close();
    }
}
