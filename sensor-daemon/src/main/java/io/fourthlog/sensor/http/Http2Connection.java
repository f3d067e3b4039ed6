package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 (RFC 9113): the exchanges of a connection's streams, however their frames are mixed.
 *
 * <p>When frames of a direction were not captured, every stream that could have been in them ends with a gap; what begins
 * after them is read again. A stream whose request was not seen stays unseen. A server may end its answer first (RFC 9113, 8.1); the exchange is
 * over when the client has ended or reset the stream, too, or is known to send no more.
 */
final class Http2Connection implements Protocol {
    /** A stream under way, and what each side has said so far. */
    private static final class Stream {
        private final @Nullable Exchange exchange;
        private boolean requestEnded;
        private boolean answered; // the final answer's head was seen
        private boolean answerEnded; // while the request goes on
        private boolean stopped; // by a server that does not want the rest of it
        private long left = -1; // bytes of the answer that are still to come, where its head says how many it has

        private Stream(final @Nullable Exchange exchange) {
            this.exchange = exchange;
        }

        /** Clients that have got as much as was announced reset a stream rather than wait for a frame that says so. */
        private boolean isWhole() {
            return requestEnded && answered && left == 0;
        }
    }

    private static final int TABLES = 2 * Http2Fields.TABLE; // bytes; netty's compression tables, which grow to that
    private static final int MAX_STREAMS = 1024; // at a time; servers allow 100 to 250

    private final MemoryBudget budget;
    private final Connection connection;
    private final Http2Parser requests;
    private final Http2Parser responses;
    private final Map<Integer, Stream> streams = new HashMap<>();
    private final HttpHead requestHead = new HttpHead(true);
    private final HttpHead responseHead = new HttpHead(false);
    private boolean reported; // that there are streams whose beginning was not seen
    private int firstOpened = Integer.MAX_VALUE; // of the streams that were seen to begin since requests were lost last
    private int lastOpened;
    private boolean stopped; // any of the streams
    private boolean closed;
    private final ExchangeRoom room;

    private Http2Connection(final Connection connection, final boolean begins) {
        this.budget = connection.budget();
        this.room = new ExchangeRoom(budget);
        this.connection = connection;
        requests = begins
                ? Http2Parser.client(connection, new Requests())
                : Http2Parser.middle(connection, new Requests());
        responses = begins
                ? Http2Parser.server(connection, new Responses())
                : Http2Parser.middle(connection, new Responses());
    }

    /**
     * A connection that begins with its preface, or that the capture met in the middle; {@code null} if its compression
     * tables do not fit into the budget.
     */
    static @Nullable Http2Connection create(final Connection connection, final boolean begins) {
        return connection.budget().take(TABLES) ? new Http2Connection(connection, begins) : null;
    }

    /** The connection was HTTP/1.1 until now, and the answer to its last request comes on stream 1 (RFC 7540, 3.2). */
    void upgraded(final @Nullable Exchange exchange) {
        final Stream first = new Stream(exchange);
        first.requestEnded = true;
        streams.put(1, first);
    }

    @Override
    public Half sent() {
        return requests;
    }

    @Override
    public Half received() {
        return responses;
    }

    @Override
    public boolean end(final GapCause cause) {
        final boolean cutHead = requests.isInHead();
        if (cutHead) {
            connection.gap(cause, -1);
        }
        return abortAll(cause, -1) || cutHead;
    }

    @Override
    public void shut() {
        if (!closed) {
            closed = true;
            requests.close();
            responses.close();
            streams.clear();
            budget.giveBack(TABLES);
            room.giveBack();
        }
    }

    /** Answers whether any of them was followed. */
    private boolean abortAll(final GapCause cause, final long missingBytes) {
        boolean followed = false;
        for (final Iterator<Stream> each = streams.values().iterator(); each.hasNext(); ) {
            final Stream stream = each.next();
            each.remove();
            followed |= stream.exchange != null;
            abort(stream, cause, missingBytes);
        }
        return followed;
    }

    private void abort(final Stream stream, final GapCause cause, final long missingBytes) {
        if (stream.exchange == null) {
            return;
        }
        if (cause == GapCause.UNFINISHED && stream.answerEnded) {
            if (connection.isClosed()) {
                stream.exchange.requestEnd();
            }
            stream.exchange.responseEnd();
        } else if (cause == GapCause.UNFINISHED && stream.isWhole()) {
            stream.exchange.responseEnd();
        } else {
            stream.exchange.abort(cause, missingBytes);
        }
    }

    /**
     * Something passed by of a stream that is not open. It is a gap if its request was not seen, and nothing if it is over: what was
     * under way when it was reset, and what a client goes on to send when it is answered, which the answer says.
     */
    private void unseen(final int id, final long bytes) {
        if (!reported && (id < firstOpened || id > lastOpened)) {
            reported = true;
            connection.gap(GapCause.MIDDLE, bytes);
        }
    }

    private void open(final int id, final HttpHead head, final boolean endStream) {
        if (stopped || !hasRoom()) {
            endAnswered(!hasRoom());
        }
        if (!hasRoom()) {
            abortAll(GapCause.SHED, -1);
            connection.giveUp(GapCause.SHED, -1);
            return;
        }
        final Stream stream = new Stream(connection.request(head));
        streams.put(id, stream);
        firstOpened = Math.min(firstOpened, id);
        lastOpened = Math.max(lastOpened, id);
        if (endStream) {
            endRequest(id, stream);
        }
    }

    private boolean hasRoom() {
        return streams.size() < MAX_STREAMS && room.isBeside(streams.size());
    }

    /** Of those whose request goes on, {@code all} or what the server has stopped, which a client that asks something else has heard of. */
    private void endAnswered(final boolean all) {
        stopped = false;
        for (final Iterator<Stream> each = streams.values().iterator(); each.hasNext(); ) {
            final Stream stream = each.next();
            if (stream.exchange != null && (stream.stopped || (all && stream.answerEnded))) {
                each.remove();
                if (stream.stopped) {
                    stream.exchange.requestEnd();
                }
                stream.exchange.responseEnd();
            }
        }
    }

    private void endRequest(final int id, final Stream stream) {
        if (stream.requestEnded) {
            return;
        }
        stream.requestEnded = true;
        if (stream.exchange != null) {
            stream.exchange.requestEnd();
            if (stream.answerEnded) {
                streams.remove(id);
                stream.exchange.responseEnd();
            }
        }
    }

    private final class Requests implements Http2Parser.Sink {
        @Override
        public void head(final int id, final Http2Fields fields, final boolean endStream) {
            final Stream known = streams.get(id);
            if (known != null) {
                if (endStream) {
                    endRequest(id, known); // trailers
                }
                return;
            }
            if (!requestHead.parse(fields)) {
                connection.gap(GapCause.HTTP, -1);
                return;
            }
            if (requestHead.isTargetUnknown()) {
                connection.gap(GapCause.MIDDLE, -1); // even if its body tells what it is
            }
            open(id, requestHead, endStream);
        }

        @Override
        public void headLost(final int id, final GapCause cause, final boolean endStream) {
            final Stream known = streams.get(id);
            if (known == null) {
                connection.gap(cause, -1);
            } else if (endStream) {
                endRequest(id, known);
            }
        }

        @Override
        public void data(final int id, final byte[] bytes, final int offset, final int length) {
            final Stream stream = streams.get(id);
            if (stream != null && stream.exchange != null) {
                stream.exchange.requestBody(bytes, offset, length);
            } else if (stream == null) {
                unseen(id, -1);
            }
        }

        @Override
        public void dataGap(final int id, final long bytes) {
            final Stream stream = streams.get(id);
            if (stream != null && stream.exchange != null) {
                stream.exchange.requestGap(bytes);
            } else {
                connection.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void endStream(final int id) {
            final Stream stream = streams.get(id);
            if (stream != null) {
                endRequest(id, stream);
            }
        }

        @Override
        public void reset(final int id) {
            final Stream cancelled = streams.get(id);
            if (cancelled != null && cancelled.answerEnded) {
                endRequest(id, cancelled);
            } else if (cancelled != null) {
                streams.remove(id);
                abort(cancelled, GapCause.UNFINISHED, -1);
            }
        }

        @Override
        public void lost(final long bytes) {
            connection.gap(GapCause.STREAM, bytes); // a request may have begun in what is missing
            firstOpened = Integer.MAX_VALUE;
            lastOpened = 0;
            for (final Iterator<Stream> each = streams.values().iterator(); each.hasNext(); ) {
                final Stream stream = each.next();
                if (!stream.requestEnded) {
                    each.remove();
                    abort(stream, GapCause.STREAM, bytes);
                }
            }
        }
    }

    private final class Responses implements Http2Parser.Sink {
        @Override
        public void head(final int id, final Http2Fields fields, final boolean endStream) {
            final Stream stream = answering(id);
            if (stream == null) {
                unseen(id, -1);
                return;
            }
            if (stream.answered) {
                responseHead.parse(fields); // which is no head, without a status
                if (stream.exchange != null) {
                    stream.exchange.responseTrailers(responseHead);
                }
            } else if (responseHead.parse(fields)) {
                stream.answered = responseHead.status() == 0 || responseHead.status() >= 200;
                stream.left = responseHead.contentLength();
                if (stream.answered && stream.exchange != null) {
                    stream.exchange.responseHead(responseHead);
                }
            }
            if (endStream) {
                endStream(id);
            }
        }

        @Override
        public void headLost(final int id, final GapCause cause, final boolean endStream) {
            final Stream stream = answering(id);
            if (stream == null || stream.answered) {
                if (endStream) {
                    endStream(id); // trailers, which say nothing about the content
                }
                return;
            }
            streams.remove(id);
            abort(stream, cause, -1);
        }

        @Override
        public void data(final int id, final byte[] bytes, final int offset, final int length) {
            final Stream stream = answered(id);
            if (stream != null && stream.exchange != null) {
                stream.left -= length;
                stream.exchange.responseBody(bytes, offset, length);
            }
        }

        private @Nullable Stream answering(final int id) {
            final Stream stream = streams.get(id);
            return stream == null || stream.answerEnded ? null : stream;
        }

        /** The stream whose content comes; one whose head did not come before is given up. */
        private @Nullable Stream answered(final int id) {
            final Stream stream = answering(id);
            if (stream != null && !stream.answered) {
                streams.remove(id);
                abort(stream, GapCause.MIDDLE, -1);
                return null;
            }
            return stream;
        }

        @Override
        public void dataGap(final int id, final long bytes) {
            final Stream stream = answered(id);
            if (stream != null && stream.exchange != null) {
                stream.left -= bytes;
                stream.exchange.responseGap(bytes);
            } else {
                connection.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void endStream(final int id) {
            final Stream stream = answered(id);
            if (stream == null) {
                return;
            }
            if (stream.exchange != null && !stream.requestEnded && !connection.isServed()) {
                stream.answerEnded = true;
                return;
            }
            streams.remove(id);
            if (stream.exchange != null) {
                stream.exchange.responseEnd();
            }
        }

        @Override
        public void reset(final int id) {
            final Stream refused = streams.get(id);
            if (refused != null && refused.answerEnded) {
                refused.stopped = true;
                stopped = true;
            } else if (refused != null) {
                streams.remove(id);
                abort(refused, GapCause.UNFINISHED, -1);
            }
        }

        @Override
        public void lost(final long bytes) {
            boolean heard = false;
            for (final Iterator<Stream> each = streams.values().iterator(); each.hasNext(); ) {
                final Stream stream = each.next();
                if (!stream.answerEnded) {
                    each.remove();
                    heard |= stream.exchange != null;
                    abort(stream, GapCause.STREAM, bytes);
                }
            }
            if (!heard) {
                connection.gap(GapCause.STREAM, bytes);
            }
        }
    }
}
