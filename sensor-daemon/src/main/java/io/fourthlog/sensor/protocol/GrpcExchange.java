package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.Base64Text;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A call of a model by gRPC, out of the bytes of its HTTP/2 stream. Its messages are of no schema that is known here, so that what can be
 * told is: the model, where a resource name has it, every text of the request, and the status of the call.
 */
final class GrpcExchange implements Exchange {
    private static final byte[] MODELS = "models/".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_MODEL = 255;

    private final MemoryBudget budget;
    private final Limits limits;
    private final ModelExchange.Listener listener;
    private final ContentBuffer body;
    private final @Nullable Base64Text base64; // that the request is written in
    private final AnswerBuilder answer;
    private @Nullable String model;
    private final Missing missing = new Missing();
    private int status;
    private boolean requestEnded;
    private boolean over;

    GrpcExchange(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead request,
            final ModelExchange.Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        body = new ContentBuffer(budget, limits.bodyBytes());
        base64 = request.isBase64() ? new Base64Text(this::keep) : null;
        answer = new AnswerBuilder(budget, limits);
        answer.recognise();
        answer.unreadable();
    }

    /** Whether a request is a call of a model: of a service that is one wherever it runs, or anything by gRPC of a known model host. */
    static boolean matches(final HttpHead head) {
        return head.media() == HttpHead.Media.GRPC
                && (ModelHosts.contains(head.host())
                        || head.pathContains("/google.ai.generativelanguage.")
                        || head.pathContains("/google.cloud.aiplatform.")
                        || head.pathContains("/xai_api.chat/")
                        || head.pathContains("/inference.grpcinferenceservice/modelinfer")
                        || head.pathContains("/inference.grpcinferenceservice/modelstreaminfer"));
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        if (over || !missing.isNothing()) {
            return;
        }
        if (base64 == null) {
            keep(bytes, offset, length);
        } else if (!base64.decode(bytes, offset, length)) {
            missing.add(GapCause.ENCODING, -1);
        }
    }

    private boolean keep(final byte[] bytes, final int offset, final int length) {
        final boolean kept = body.append(bytes, offset, length);
        if (!kept) {
            missing.add(GapCause.TOO_LARGE, -1);
        }
        return kept;
    }

    @Override
    public void requestGap(final long bytes) {
        missing.add(GapCause.STREAM, bytes);
    }

    @Override
    public void requestEnd() {
        requestEnded = true;
        if (over) {
            return;
        }
        try (PromptBuilder prompt = new PromptBuilder(budget, limits)) {
            if (missing.isNothing()) {
                messages(prompt);
            }
            if (missing.isNothing()) {
                prompt.model(model);
                prompt.message(Role.USER, null);
                listener.asked(prompt.build());
            }
        }
        body.close();
    }

    private void messages(final PromptBuilder prompt) {
        final byte[] bytes = body.array();
        final int end = body.length();
        int at = 0;
        try (ContentBuffer plain = new ContentBuffer(budget, limits.bodyBytes())) { // of all that are compressed
            while (at < end && missing.isNothing()) {
                final int from = at + GrpcTexts.PREFIX;
                final long length = end < from ? -1 : Protobuf.bigEndian(bytes, at + 1);
                if (length < 0 || length > end - from) {
                    missing.add(GapCause.UNFINISHED, -1);
                } else if (bytes[at] == 0 || length == 0) {
                    texts(prompt, bytes, from, (int) length);
                } else if (bytes[at] == GrpcTexts.COMPRESSED) {
                    compressed(prompt, bytes, from, (int) length, plain);
                } else {
                    missing.add(GapCause.ENCODING, -1);
                }
                at = from + (int) length;
            }
        }
    }

    private void compressed(
            final PromptBuilder prompt,
            final byte[] bytes,
            final int from,
            final int length,
            final ContentBuffer plain) {
        final int before = plain.length();
        final int room = limits.bodyBytes() - before;
        final GapCause failure = GrpcTexts.decompress(bytes, from, length, budget, limits, room, plain);
        if (failure == null) {
            texts(prompt, plain.array(), before, plain.length() - before);
        } else {
            missing.add(failure, -1);
        }
    }

    private void texts(final PromptBuilder prompt, final byte[] bytes, final int offset, final int length) {
        Protobuf.texts(bytes, offset, length, limits.jsonDepth(), (from, size) -> {
            if (model == null) {
                model = modelIn(bytes, from, size);
            }
            prompt.text(bytes, from, size);
        });
    }

    /** What follows {@code models/} in a resource name, up to its end; {@code null} if the text is none. */
    private static @Nullable String modelIn(final byte[] text, final int from, final int length) {
        if (length > MAX_MODEL) {
            return null;
        }
        int begin = -1;
        for (int at = from; at <= from + length - MODELS.length; at++) {
            if (Arrays.equals(text, at, at + MODELS.length, MODELS, 0, MODELS.length)) {
                begin = at + MODELS.length;
            }
        }
        int end = begin;
        while (begin >= 0 && end < from + length && isOfName(text[end])) {
            end++;
        }
        return begin < 0 || end == begin || end < from + length
                ? null
                : new String(text, begin, end - begin, StandardCharsets.US_ASCII);
    }

    private static boolean isOfName(final byte b) {
        return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || "-_.:@".indexOf(b) >= 0;
    }

    @Override
    public void responseHead(final HttpHead head) {
        status = head.status();
        responseTrailers(head); // a call that fails at once has them in its head
    }

    @Override
    public void responseTrailers(final HttpHead trailers) {
        if (!over && trailers.grpcStatus() > 0) {
            answer.error("grpc_" + trailers.grpcStatus());
        }
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {}

    @Override
    public void responseGap(final long bytes) {
        missing.add(GapCause.STREAM, bytes);
    }

    @Override
    public void responseEnd() {
        finish();
    }

    @Override
    public void abort(final GapCause cause, final long bytes) {
        missing.add(cause, bytes);
        finish();
    }

    private void finish() {
        if (over) {
            return;
        }
        over = true;
        if (!requestEnded) {
            missing.add(GapCause.STREAM, -1); // answered before all of the request was seen
        }
        listener.answered(answer.seal(status, missing.cause(), missing.bytes()));
        body.close();
        answer.close();
    }
}
