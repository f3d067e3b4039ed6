package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP exchange that may carry JSON-RPC: MCP over streamable HTTP or over HTTP with SSE (Model Context Protocol,
 * "Transports"), or A2A. A message is posted; what answers it is in the response, as JSON or as events, or in the events of
 * another request, which was a GET. Told by the body: what is not JSON-RPC is left alone.
 */
public final class RpcExchange implements Exchange {
    /** Takes the messages of both sides, each side's by its own listener. */
    public interface Listener {
        RpcReader.Listener client();

        RpcReader.Listener server();

        /** The events of this request are those of the server whose messages are posted to this target. */
        void endpoint(long targetHash);

        /** Messages of the client or the server may be missing; {@code missingBytes} is -1 if not known. */
        void gap(boolean client, GapCause cause, long missingBytes);

        /** Whether everything that was posted here has its answer. */
        boolean answered();

        /** The response is over, with this status; 0 if none came. */
        void end(int status);
    }

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final boolean post;
    private final ContentBuffer body;
    private final ContentDecoder decoder;
    private @Nullable AnswerBody response;
    private @Nullable RpcReader answers;
    private @Nullable GapCause requestGap;
    private boolean speaks; // JSON-RPC
    private boolean requestEnded;
    private boolean over;
    private int status;

    public RpcExchange(
            final MemoryBudget budget, final Limits limits, final HttpHead request, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        post = request.method().equals("POST");
        body = new ContentBuffer(budget, limits.bodyBytes());
        decoder = new ContentDecoder(budget, limits, request.coding(), limits.bodyBytes(), body::append);
    }

    /** Whether a request may be one, as far as its head tells. */
    public static boolean matches(final HttpHead head) {
        return head.method().equals("POST")
                ? head.media() == HttpHead.Media.JSON
                : head.method().equals("GET") && head.acceptsEvents();
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        if (!over && post) {
            decoder.decode(bytes, offset, length);
        }
    }

    @Override
    public void requestGap(final long bytes) {
        decoder.gap();
        requestGap = GapCause.STREAM;
    }

    @Override
    public void requestEnd() {
        requestEnded = true;
        if (over || !post) {
            return;
        }
        decoder.end();
        final GapCause failure = requestGap != null ? requestGap : decoder.failure();
        if (failure == null && body.length() > 0 && body.array()[0] == '{') {
            speaks = new RpcReader(budget, limits, listener.client()).read(body.array(), 0, body.length())
                    == RpcReader.Outcome.MESSAGE;
        }
        body.close();
        decoder.close();
        if (!speaks) {
            if (failure != null) {
                listener.gap(true, failure, -1); // what it was is not known
            }
            free();
        }
    }

    @Override
    public void responseHead(final HttpHead head) {
        status = head.status();
        if (!post && head.media() != HttpHead.Media.EVENT_STREAM) {
            free();
        }
        if (!over) {
            answers = new RpcReader(budget, limits, listener.server());
            response = new AnswerBody(budget, limits, head, new Documents());
        }
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {
        if (!over && response != null) {
            response.parse(bytes, offset, length);
        }
    }

    @Override
    public void responseGap(final long bytes) {
        if (!over && response != null) {
            response.gap(bytes);
        }
    }

    @Override
    public void responseEnd() {
        if (!over) {
            if (response != null) {
                response.end(true);
            }
            if (!requestEnded) {
                listener.gap(true, GapCause.STREAM, -1); // answered before all of the request was seen
            }
            listener.end(status);
            free();
        }
    }

    @Override
    public void abort(final GapCause cause, final long missingBytes) {
        if (!over) {
            // Events may be let go of: those of a GET at any time, those of a response when the answer has come.
            final boolean letGo = cause == GapCause.UNFINISHED && (!post || (speaks && listener.answered()));
            if (!letGo) {
                listener.gap(!speaks && post, cause, missingBytes);
            }
            listener.end(status);
            free();
        }
    }

    private void free() {
        over = true;
        body.close();
        decoder.close();
        if (response != null) {
            response.close();
        }
    }

    private final class Documents implements AnswerBody.Sink {
        @Override
        public void document(final byte[] json, final int from, final int length) {
            if (over || answers == null) {
                return;
            }
            if (length > 0 && json[from] == '{') {
                final RpcReader.Outcome outcome = answers.read(json, from, from + length);
                speaks |= outcome == RpcReader.Outcome.MESSAGE;
                if (speaks && outcome == RpcReader.Outcome.INVALID) {
                    listener.gap(false, GapCause.MCP, length);
                }
            } else if (!post && !speaks) {
                listener.endpoint(HttpHead.targetHash(json, from, from + length)); // the transport's first event
            }
        }

        @Override
        public void endMark() {}

        @Override
        public void error(final String name) {}

        @Override
        public void missing(final GapCause cause, final long bytes) {
            if (!over && speaks) {
                listener.gap(false, cause, bytes);
            }
        }
    }
}
