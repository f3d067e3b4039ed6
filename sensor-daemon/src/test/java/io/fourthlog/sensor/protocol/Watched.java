package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Peek;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.database.DatabaseListener;
import io.fourthlog.sensor.database.Statement;
import io.fourthlog.sensor.http.Connection;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection that writes down all that is handed on, for assertions. */
final class Watched implements Connection.Listener {
    final MemoryBudget budget = new MemoryBudget(64 << 20);
    final List<String> prompts = new ArrayList<>();
    final List<Boolean> uncounted = new ArrayList<>(); // of each prompt
    final List<String> answers = new ArrayList<>(); // those without a gap
    final List<String> pairs = new ArrayList<>(); // of those, the prompt with the answer
    final List<String> cutAnswers = new ArrayList<>();
    final List<String> messages = new ArrayList<>(); // of a WebSocket
    final List<String> resources = new ArrayList<>(); // those without a gap
    final List<String> cutResources = new ArrayList<>();
    final List<GapCause> gaps = new ArrayList<>();
    final List<String> served = new ArrayList<>(); // what is said to the process, and when it answers
    final Connection connection;
    private final Limits limits;
    private long sent;
    private long received;

    Watched() {
        this(Limits.DEFAULT);
    }

    Watched(final Limits limits) {
        this.limits = limits;
        this.connection = new Connection(budget, limits, this);
    }

    @Override
    public Exchange served(final HttpHead head) {
        served.add(head.method());
        return new ServedExchange(budget, limits, head, new ServedExchange.Listener() {
            @Override
            public void becomesSocket() {
                served.add("socket");
            }

            @Override
            public void speaks() {
                served.add("speaks");
            }

            @Override
            public void says(final byte[] utf8, final int from, final int to) {
                served.add("says " + new String(utf8, from, to - from, StandardCharsets.UTF_8));
            }

            @Override
            public void unread(final GapCause cause) {
                served.add("unread " + cause);
            }

            @Override
            public void answers() {
                served.add("answers");
            }

            @Override
            public void over() {
                served.add("over");
            }
        });
    }

    @Override
    public @Nullable Exchange request(final HttpHead head) {
        if (head.pathEndsWith("/socket")) {
            return new Socket();
        }
        if (head.pathContains("/resource")) {
            return new ResourceExchange(budget, limits, head, new Resource()).begin();
        }
        if (ModelSocket.matches(head)) {
            return ModelSocket.of(budget, limits, head, null, this::taker);
        }
        if (!ModelExchange.matches(head)) {
            return null;
        }
        return ModelExchange.of(budget, limits, head, null, taker());
    }

    @Override
    public DatabaseListener database(final Database database) {
        return new DatabaseListener() {
            @Override
            public void login(final @Nullable String user, final @Nullable String name) {}

            @Override
            public void encrypts() {}

            @Override
            public Access begins(final Statement statement) {
                return new Discarded();
            }

            @Override
            public void gap(final GapCause cause, final long missingBytes) {
                gaps.add(cause);
            }
        };
    }

    private ModelExchange.Listener taker() {
        return new ModelExchange.Listener() {
            private String question = "";

            @Override
            public void asked(final ModelPrompt prompt) {
                final StringBuilder all = new StringBuilder(String.valueOf(prompt.modelId()));
                for (final ModelPrompt.Part part : prompt.parts()) {
                    all.append('|').append(part.role()).append(' ').append(Peek.text(part.text()));
                    if (part.callId() != null) {
                        all.append('@').append(part.callId());
                    }
                }
                question = all.toString();
                prompts.add(question);
                uncounted.add(prompt.uncounted());
                prompt.close();
            }

            @Override
            public void calls(final String tool, final @Nullable String callId) {
                // comes again with the answer
            }

            @Override
            public void answered(final ModelAnswer answer) {
                final StringBuilder all = new StringBuilder();
                all.append(answer.httpStatus())
                        .append(' ')
                        .append(answer.modelId())
                        .append(' ');
                all.append(Peek.text(answer.text()));
                if (answer.thinking().length() > 0) {
                    all.append("|thinks ").append(Peek.text(answer.thinking()));
                }
                for (final ModelAnswer.ToolCall call : answer.toolCalls()) {
                    all.append('|').append(call.name()).append('@').append(call.callId());
                    all.append(call.arguments() == null ? "?" : Peek.text(call.arguments()));
                }
                all.append('|').append(answer.promptTokens()).append('/').append(answer.outputTokens());
                all.append('|').append(answer.error());
                if (answer.gap() == null) {
                    answers.add(all.toString());
                    pairs.add(question + " > " + Peek.text(answer.text()));
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
        };
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

    /** What is done in a database is looked at elsewhere. */
    private static final class Discarded implements DatabaseListener.Access {
        @Override
        public void text(final byte[] bytes, final int offset, final int length) {}

        @Override
        public void value(
                final @Nullable String name,
                final byte[] bytes,
                final int offset,
                final int length,
                final boolean ends) {}

        @Override
        public void done(final long rows) {}

        @Override
        public void failed(final String code) {}

        @Override
        public void cut(final GapCause cause, final long missingBytes) {}
    }

    /** A request for anything else. */
    private final class Resource implements ResourceExchange.Listener {
        private final StringBuilder texts = new StringBuilder();

        @Override
        public void begins() {}

        @Override
        public void text(final Plaintext block) {
            texts.append('|').append(Peek.text(block));
            block.close();
        }

        @Override
        public void unread(final String why) {
            texts.append('?').append(why);
        }

        @Override
        public void ended(final ResourceExchange.Outcome outcome) {
            final String all = outcome.status() + " " + (outcome.counted() ? outcome.bytes() : "?") + " "
                    + outcome.grpcStatus() + texts;
            if (outcome.gap() == null) {
                resources.add(all);
            } else {
                cutResources.add(all + " " + outcome.missingBytes());
                gaps.add(outcome.gap());
            }
        }
    }

    /** A request for a WebSocket whose messages are taken. */
    private final class Socket implements Exchange, Exchange.MessageSink {
        @Override
        public void requestBody(final byte[] bytes, final int offset, final int length) {}

        @Override
        public void requestGap(final long bytes) {}

        @Override
        public void requestEnd() {}

        @Override
        public void responseHead(final HttpHead head) {}

        @Override
        public void responseBody(final byte[] bytes, final int offset, final int length) {}

        @Override
        public void responseGap(final long bytes) {}

        @Override
        public void responseEnd() {}

        @Override
        public void abort(final GapCause cause, final long missingBytes) {
            gaps.add(cause);
        }

        @Override
        public MessageSink upgraded() {
            return this;
        }

        @Override
        public void message(final boolean sent, final byte[] bytes, final int length) {
            messages.add((sent ? "> " : "< ") + new String(bytes, 0, length, StandardCharsets.UTF_8));
        }

        @Override
        public void gap(final GapCause cause, final long missingBytes) {
            gaps.add(cause);
        }

        @Override
        public void end() {}
    }
}
