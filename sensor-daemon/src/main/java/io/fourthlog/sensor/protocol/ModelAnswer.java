package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.streams.GapCause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model answered, from one JSON document or put together from a stream. Whoever is handed
 * one closes it.
 *
 * @param httpStatus 100 to 999, or 0 if no status line was seen
 * @param modelId as the endpoint names it
 * @param id under which the endpoint keeps the answer, for whoever asks for it again or goes on from it; {@code null} if it said none
 * @param pending whether it is only that id, and the model answers later
 * @param readable whether it is of an API that is read; if not, only what is not text is known
 * @param text the assistant's text, choices one after the other; what was captured of it if there is a gap
 * @param thinking the text in which it reasoned, as far as it was sent
 * @param toolCalls what the model asked for; without arguments if there is a gap
 * @param promptTokens as the endpoint counted, those that it took from a cache included; -1 if it did not say
 * @param outputTokens as the endpoint counted, those it reasoned with included; -1 if it did not say
 * @param error the API's error type or code, {@code null} if it reported none
 * @param gap why something is missing, {@code null} if nothing is
 * @param missingBytes how much, or -1 if that is not known
 */
public record ModelAnswer(
        int httpStatus,
        @Nullable String modelId,
        @Nullable String id,
        boolean pending,
        boolean readable,
        Plaintext text,
        Plaintext thinking,
        List<ToolCall> toolCalls,
        long promptTokens,
        long outputTokens,
        @Nullable String error,
        @Nullable GapCause gap,
        long missingBytes)
        implements AutoCloseable {
    /** One tool that the model asked for; {@code arguments} is the JSON that it wrote, {@code null} if that is not whole. */
    public record ToolCall(
            String name, @Nullable String callId, @Nullable Plaintext arguments) {}

    public ModelAnswer {
        toolCalls = List.copyOf(toolCalls);
    }

    @Override
    public void close() {
        text.close();
        thinking.close();
        for (final ToolCall call : toolCalls) {
            if (call.arguments() != null) {
                call.arguments().close();
            }
        }
    }
}
