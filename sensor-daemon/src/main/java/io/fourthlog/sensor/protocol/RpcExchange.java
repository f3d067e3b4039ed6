package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP exchange that may carry JSON-RPC: MCP over streamable HTTP or over HTTP with SSE (Model Context Protocol,
 * "Transports"), or A2A. A message is posted; what answers it is in the response, as JSON or as events, or in the events of
 * another request, which was a GET. Told by the body: what is not JSON-RPC, or a message of which nobody tells, is something
 * else, which gets all that was seen of it.
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

    private static final byte[] JSON_RPC = "\"jsonrpc\"".getBytes(StandardCharsets.US_ASCII);

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final boolean post;
    private final boolean known;
    private final @Nullable String toAgent; // A2A's method, where the path is that and the body no JSON-RPC
    private final boolean plain; // the request's body
    private final ContentBuffer body;
    private final ContentDecoder decoder;
    private @Nullable AnswerBody response;
    private @Nullable RpcReader answers;
    private @Nullable ResourceExchange otherwise; // while it may be that
    private @Nullable ResourceExchange resource; // that it is, also if it speaks
    private @Nullable GapCause requestGap;
    private long requestMissing;
    private boolean speaks; // JSON-RPC
    private boolean announced; // where messages are posted
    private boolean requestEnded;
    private boolean over;
    private int status;

    /**
     * @param known whether JSON-RPC was posted to the same target before
     * @param otherwise what it is if it is no JSON-RPC of which there is an event
     */
    public RpcExchange(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead request,
            final boolean known,
            final @Nullable ResourceExchange otherwise,
            final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        this.known = known;
        this.otherwise = otherwise;
        plain = request.coding() == HttpHead.Coding.IDENTITY;
        post = request.method().equals("POST");
        toAgent = post ? methodOf(request) : null;
        body = new ContentBuffer(budget, limits.bodyBytes());
        decoder = new ContentDecoder(budget, limits, request.coding(), limits.bodyBytes(), body::append);
    }

    /**
     * Whether a request may be one, as far as its head tells.
     *
     * @param known whether JSON-RPC is posted to the same target; servers that read it do not all look at what it is said to be
     */
    public static boolean matches(final HttpHead head, final boolean known) {
        return head.method().equals("POST")
                ? known || head.media() == HttpHead.Media.JSON
                : head.method().equals("GET") && head.acceptsEvents();
    }

    private static @Nullable String methodOf(final HttpHead request) {
        if (request.pathEndsWith("/message:send")) {
            return "message/send";
        }
        return request.pathEndsWith("/message:stream") ? "message/stream" : null;
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        if (resource != null) {
            resource.requestBody(bytes, offset, length);
        } else if (!post && otherwise != null) {
            otherwise.requestBody(bytes, offset, length);
        } else if (!over && post) {
            decoder.decode(bytes, offset, length);
            if (decoder.failure() != null && requestGap == null && isOther()) {
                pass(decoder.failure());
                if (plain && resource != null) {
                    resource.requestBody(bytes, offset, length); // which was not kept
                }
            }
        }
    }

    @Override
    public void requestGap(final long bytes) {
        if (resource != null) {
            resource.requestGap(bytes);
            return;
        }
        if (!post && otherwise != null) {
            otherwise.requestGap(bytes);
        }
        decoder.gap();
        requestMissing = requestGap == null ? bytes : requestMissing < 0 || bytes < 0 ? -1 : requestMissing + bytes;
        requestGap = GapCause.STREAM;
    }

    @Override
    public void requestEnd() {
        requestEnded = true;
        if (resource != null) {
            resource.requestEnd();
            return;
        }
        if (otherwise != null && !post) {
            otherwise.requestEnd();
        }
        if (over || !post) {
            return;
        }
        decoder.end();
        final GapCause failure = requestGap != null ? requestGap : decoder.failure();
        final RpcReader.Outcome outcome = failure == null ? read() : RpcReader.Outcome.OTHER;
        speaks |= outcome.isMessage();
        if (outcome == RpcReader.Outcome.TOLD) {
            drop();
        } else if (failure == null || isOther()) {
            pass(failure);
        }
        body.close();
        decoder.close();
        if (!outcome.isMessage() && resource == null) {
            if (failure != null) {
                listener.gap(true, failure, -1); // what it was is not known
            }
            drop();
            free();
        }
    }

    private RpcReader.Outcome read() {
        final ContentBuffer text = JsonText.utf8(body, budget, limits);
        if (text.length() == 0 && body.length() > 0) {
            listener.gap(true, GapCause.TOO_LARGE, -1); // in UTF-8
        }
        try {
            final RpcReader reader = new RpcReader(budget, limits, listener.client());
            return toAgent != null
                    ? reader.toAgent(toAgent, text.array(), 0, text.length())
                    : reader.read(text.array(), 0, text.length());
        } finally {
            if (text != body) {
                text.close();
            }
        }
    }

    /** Whether what was seen of a request that was not seen whole is of no JSON-RPC. */
    private boolean isOther() {
        return !known && toAgent == null && indexOf(body.array(), body.length(), JSON_RPC) < 0;
    }

    private static int indexOf(final byte[] bytes, final int length, final byte[] what) {
        for (int at = 0; at <= length - what.length; at++) {
            if (Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        return -1;
    }

    private void drop() {
        if (otherwise != null) {
            otherwise.drop();
            otherwise = null;
        }
    }

    /** There is no other event of it; whoever takes it gets what was kept of it. */
    private void pass(final @Nullable GapCause failure) {
        final ResourceExchange to = otherwise;
        if (to == null) {
            return;
        }
        otherwise = null;
        resource = to;
        to.begin();
        if (post) {
            to.decodedRequest(body.array(), body.length());
            if (requestGap != null && plain) {
                to.requestGap(requestMissing);
            } else if (failure != null && !plain) {
                to.requestCut(failure);
            }
            if (requestEnded) {
                to.requestEnd();
            }
        }
        if (!speaks) {
            free();
        }
    }

    @Override
    public void responseHead(final HttpHead head) {
        status = head.status();
        final boolean events = head.media() == HttpHead.Media.EVENT_STREAM;
        if (!over && (post ? !requestEnded && isOther() : !events && !(known && status >= 400))) {
            pass(plain ? null : GapCause.STREAM); // answered before all of the request was seen, or with no events
        }
        if (resource != null) {
            resource.responseHead(head);
        } else if (!post && !events) {
            drop();
            free();
        }
        if (!over) {
            if (otherwise != null) {
                otherwise.responseHead(head);
            }
            answers = new RpcReader(budget, limits, listener.server());
            response = new AnswerBody(budget, limits, head, new Documents());
        }
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {
        final ResourceExchange counted = resource != null ? resource : otherwise;
        if (counted != null) {
            counted.responseBody(bytes, offset, length);
        }
        if (!over && response != null) {
            response.parse(bytes, offset, length);
        }
    }

    @Override
    public void responseGap(final long bytes) {
        final ResourceExchange counted = resource != null ? resource : otherwise;
        if (counted != null) {
            counted.responseGap(bytes);
        }
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
            undecided();
        }
        if (resource != null) {
            resource.responseEnd();
        }
        if (!over) {
            if (!requestEnded && resource == null) {
                listener.gap(true, GapCause.STREAM, -1); // answered before all of the request was seen
            }
            listener.end(status);
            free();
        }
    }

    /** Nothing was seen of which there is an event. */
    private void undecided() {
        if (post ? !speaks && isOther() : !known) {
            pass(null);
        } else {
            drop();
        }
    }

    @Override
    public void abort(final GapCause cause, final long missingBytes) {
        final boolean letGo = cause == GapCause.UNFINISHED && !over && mayBeLetGo();
        if (!over) {
            undecided();
        }
        if (resource != null && letGo) {
            resource.responseEnd();
        } else if (resource != null) {
            resource.abort(cause, missingBytes);
        } else if (!over && !letGo) {
            listener.gap(!speaks && post, cause, missingBytes);
        }
        if (!over) {
            listener.end(status);
            free();
        }
    }

    /** Whether a client that hangs up misses nothing: of a GET's events at any time, of a response's when the answer has come. */
    private boolean mayBeLetGo() {
        return post
                ? speaks && listener.answered() && (resource == null || response != null)
                : known || speaks || announced;
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
            final RpcReader.Outcome outcome = toAgent != null && speaks
                    ? answers.ofAgent(json, from, from + length)
                    : answers.read(json, from, from + length);
            speaks |= outcome.isMessage();
            if (outcome == RpcReader.Outcome.TOLD) {
                drop();
            } else if (speaks && outcome == RpcReader.Outcome.INVALID) {
                listener.gap(false, GapCause.MCP, length);
            } else if (!post && !speaks && !announced && isReference(json, from, from + length)) {
                listener.endpoint(HttpHead.targetHash(json, from, from + length)); // the transport's first event
                announced = true;
            }
            if (!post && !speaks && !announced) {
                pass(null); // events of something else
            }
        }

        /** Whether it can be a URL or the end of one. */
        private static boolean isReference(final byte[] text, final int from, final int to) {
            boolean slash = false;
            for (int at = from; at < to; at++) {
                if (text[at] <= ' ' || text[at] == '"') {
                    return false;
                }
                slash |= text[at] == '/';
            }
            return slash;
        }

        @Override
        public void endMark() {}

        @Override
        public void error(final String name) {}

        @Override
        public void missing(final GapCause cause, final long bytes) {
            if (!over && speaks && resource == null) {
                listener.gap(false, cause, bytes);
            }
        }
    }
}
