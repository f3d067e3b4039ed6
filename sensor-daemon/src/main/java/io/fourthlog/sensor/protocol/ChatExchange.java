package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One chat completions request and its answer, JSON or streamed, out of the bytes of an HTTP connection; handed on once
 * its shape shows that it is one.
 */
public final class ChatExchange implements Exchange {
    /** Takes what was asked and answered. Each prompt and answer belongs to the listener, who closes it. */
    public interface Listener {
        /** The request is complete. Not called when a part of it was not captured. */
        void asked(ChatPrompt prompt);

        /** Everything that will be known of the answer is; called at most once. */
        void answered(ChatAnswer answer);

        /** Neither of the two will be called: it looked like a chat completion, and what it was, was not captured. */
        void unseen(GapCause cause, long missingBytes);
    }

    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final ContentBuffer body;
    private final ContentDecoder requestDecoder;
    private final ChatAnswerReader answer;
    private @Nullable ContentDecoder responseDecoder;
    private @Nullable SseParser events;
    private int status;
    private @Nullable GapCause gap;
    private long missingBytes;
    private boolean asked;
    private boolean over;

    /** Whether a request is for this API, as far as its head tells: a POST to {@code …/chat/completions}. */
    public static boolean matches(final HttpHead head) {
        return head.method().equals("POST") && head.pathEndsWith("/chat/completions");
    }

    public ChatExchange(
            final MemoryBudget budget, final Limits limits, final HttpHead request, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        body = new ContentBuffer(budget, limits.bodyBytes());
        requestDecoder = new ContentDecoder(request.coding(), limits.bodyBytes(), body::append);
        answer = new ChatAnswerReader(budget, limits);
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        if (!over) {
            requestDecoder.decode(bytes, offset, length);
        }
    }

    @Override
    public void requestGap(final long bytes) {
        requestDecoder.gap();
        missing(GapCause.STREAM, bytes);
    }

    @Override
    public void requestEnd() {
        if (over) {
            return;
        }
        if (requestDecoder.failure() != null) {
            missing(requestDecoder.failure(), -1);
        }
        if (gap == null) {
            prompt();
        }
        body.clear();
        requestDecoder.close();
    }

    private void prompt() {
        final ChatRequestReader reader = new ChatRequestReader(budget, limits);
        if (!reader.read(body)) {
            missing(GapCause.JSON, -1);
            return;
        }
        final ChatPrompt prompt = reader.prompt(body);
        if (prompt == null) {
            free(); // the path of a chat completion and another API's body: not ours to name
            return;
        }
        asked = true;
        listener.asked(prompt);
    }

    @Override
    public void responseHead(final HttpHead head) {
        if (over) {
            return;
        }
        status = head.status();
        if (head.isEventStream()) {
            final SseParser parser = new SseParser(budget, limits, new StreamedAnswer());
            events = parser;
            responseDecoder = new ContentDecoder(head.coding(), Long.MAX_VALUE, (bytes, offset, length) -> {
                if (!over) {
                    parser.parse(bytes, offset, length);
                }
                return true;
            });
        } else {
            responseDecoder = new ContentDecoder(head.coding(), limits.bodyBytes(), body::append);
            body.clear();
        }
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {
        if (!over && responseDecoder != null) {
            responseDecoder.decode(bytes, offset, length);
        }
    }

    @Override
    public void responseGap(final long bytes) {
        if (over || responseDecoder == null) {
            return;
        }
        responseDecoder.gap();
        missing(GapCause.STREAM, bytes);
        if (events != null) {
            events.gap();
        }
    }

    @Override
    public void responseEnd() {
        if (over) {
            return;
        }
        if (responseDecoder != null && responseDecoder.failure() != null) {
            missing(responseDecoder.failure(), -1);
        } else if (events == null && gap == null && body.length() > 0 && !answer.add(body.array(), body.length())) {
            if (status < 400) {
                missing(GapCause.JSON, -1); // a proxy's error page needs no JSON: its status says enough
            }
        }
        finish();
    }

    @Override
    public void abort(final GapCause cause, final long bytes) {
        if (!over) {
            missing(cause, bytes);
            finish();
        }
    }

    private void missing(final GapCause cause, final long bytes) {
        if (gap == null) {
            gap = cause;
            missingBytes = bytes;
        } else {
            missingBytes = missingBytes < 0 || bytes < 0 ? -1 : missingBytes + bytes;
        }
    }

    private void finish() {
        if (answer.overflow()) {
            missing(GapCause.TOO_LARGE, -1);
        }
        if (asked || answer.recognised()) {
            listener.answered(answer.seal(status, gap, missingBytes));
        } else if (gap != null) {
            listener.unseen(gap, missingBytes);
        }
        free();
    }

    private void free() {
        over = true;
        body.close();
        answer.close();
        requestDecoder.close();
        if (responseDecoder != null) {
            responseDecoder.close();
        }
        if (events != null) {
            events.close();
        }
    }

    private final class StreamedAnswer implements SseParser.Sink {
        @Override
        public void event(final byte[] data, final int length) {
            if (over) {
                return;
            }
            if (Arrays.equals(data, 0, length, DONE, 0, DONE.length)) {
                finish();
            } else if (!answer.add(data, length)) {
                missing(GapCause.JSON, -1);
            }
        }

        @Override
        public void oversized() {
            missing(GapCause.SSE, -1);
        }
    }
}
