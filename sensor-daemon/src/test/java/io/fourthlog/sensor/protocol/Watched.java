package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Peek;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection that writes down all that is handed on, for assertions. */
final class Watched implements HttpConnection.Listener {
    final MemoryBudget budget = new MemoryBudget(64 << 20);
    final List<String> prompts = new ArrayList<>();
    final List<String> answers = new ArrayList<>(); // those without a gap
    final List<String> cutAnswers = new ArrayList<>();
    final List<GapCause> gaps = new ArrayList<>();
    final HttpConnection connection;
    private final Limits limits;
    private long sent;
    private long received;

    Watched() {
        this(Limits.DEFAULT);
    }

    Watched(final Limits limits) {
        this.limits = limits;
        this.connection = new HttpConnection(budget, limits, this);
    }

    @Override
    public @Nullable Exchange request(final HttpHead head) {
        if (!ChatExchange.matches(head)) {
            return null;
        }
        return new ChatExchange(budget, limits, head, new ChatExchange.Listener() {
            @Override
            public void asked(final ChatPrompt prompt) {
                final StringBuilder all = new StringBuilder(String.valueOf(prompt.modelId()));
                for (final ChatPrompt.Part part : prompt.parts()) {
                    all.append('|').append(part.role()).append(' ').append(Peek.text(part.text()));
                    if (part.callId() != null) {
                        all.append('@').append(part.callId());
                    }
                }
                prompts.add(all.toString());
                prompt.close();
            }

            @Override
            public void answered(final ChatAnswer answer) {
                final StringBuilder all = new StringBuilder();
                all.append(answer.httpStatus())
                        .append(' ')
                        .append(answer.modelId())
                        .append(' ');
                all.append(Peek.text(answer.text()));
                for (final ChatAnswer.ToolCall call : answer.toolCalls()) {
                    all.append('|').append(call.name()).append('@').append(call.callId());
                    all.append(call.arguments() == null ? "?" : Peek.text(call.arguments()));
                }
                all.append('|').append(answer.promptTokens()).append('/').append(answer.outputTokens());
                all.append('|').append(answer.error());
                if (answer.gap() == null) {
                    answers.add(all.toString());
                } else {
                    cutAnswers.add(all.toString());
                    gaps.add(answer.gap());
                }
                answer.close();
            }

            @Override
            public void unseen(final GapCause cause, final long missingBytes) {
                gaps.add(cause);
            }
        });
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        gaps.add(cause);
    }

    Watched pass(final Chunk chunk) {
        return pass(chunk, true);
    }

    /** Lets a chunk go by, captured or not. */
    Watched pass(final Chunk chunk, final boolean captured) {
        if (chunk.sent()) {
            if (captured) {
                connection.sent(sent, chunk.bytes(), chunk.bytes().length);
            }
            sent += chunk.bytes().length;
        } else {
            if (captured) {
                connection.received(received, chunk.bytes(), chunk.bytes().length);
            }
            received += chunk.bytes().length;
        }
        return this;
    }

    Watched pass(final List<Chunk> chunks) {
        chunks.forEach(this::pass);
        return this;
    }

    Watched sent(final String latin1) {
        return pass(new Chunk(true, latin1.getBytes(StandardCharsets.ISO_8859_1)));
    }

    Watched received(final String latin1) {
        return pass(new Chunk(false, latin1.getBytes(StandardCharsets.ISO_8859_1)));
    }

    Watched close() {
        connection.close();
        return this;
    }
}
