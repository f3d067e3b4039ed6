package io.fourthlog.sensor.database;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What a decoder tells of a connection, as text. */
final class Told implements DatabaseListener {
    final MemoryBudget budget = new MemoryBudget(16 << 20);
    final List<String> logins = new ArrayList<>();
    final List<GapCause> gaps = new ArrayList<>();
    final List<One> all = new ArrayList<>();
    final DatabaseDecoder decoder;
    boolean encrypted;

    Told(final BiFunction<MemoryBudget, DatabaseListener, DatabaseDecoder> begins) {
        decoder = begins.apply(budget, this);
    }

    /** One statement. */
    static final class One implements Access {
        final Statement statement;
        final List<String> values = new ArrayList<>();
        private boolean inText;
        private final ByteArrayOutputStream value = new ByteArrayOutputStream();

        @Nullable
        String end;

        private One(final Statement statement) {
            this.statement = statement;
        }

        @Override
        public void text(final byte[] bytes, final int offset, final int length) {
            check();
            final String piece = new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
            values.add(inText ? values.removeLast() + piece : piece);
            inText = true;
        }

        @Override
        public void value(
                final @Nullable String name,
                final byte[] bytes,
                final int offset,
                final int length,
                final boolean ends) {
            check();
            inText = false;
            value.write(bytes, offset, length);
            if (ends) {
                final String text = value.toString(StandardCharsets.ISO_8859_1);
                values.add(name == null ? text : name + "=" + text);
                value.reset();
            }
        }

        @Override
        public void done(final long rows) {
            check();
            end = Long.toString(rows);
        }

        @Override
        public void failed(final String code) {
            check();
            end = "failed " + code;
        }

        @Override
        public void cut(final GapCause cause, final long missingBytes) {
            check();
            end = "cut " + cause;
        }

        private void check() {
            if (end != null) {
                throw new AssertionError("told after its end, " + end);
            }
        }

        boolean isCut() {
            return end != null && end.startsWith("cut");
        }

        String head() {
            return statement.mode().wire() + " " + statement.resources() + " " + end;
        }

        String whole() {
            return head() + " " + values;
        }
    }

    @Override
    public void login(final @Nullable String user, final @Nullable String database) {
        logins.add(user + "@" + database);
    }

    @Override
    public void encrypts() {
        encrypted = true;
    }

    @Override
    public Access begins(final Statement statement) {
        final One one = new One(statement);
        all.add(one);
        return one;
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        gaps.add(cause);
    }

    Told sent(final byte[] bytes) {
        return pass(new Chunk(true, bytes));
    }

    Told received(final byte[] bytes) {
        return pass(new Chunk(false, bytes));
    }

    Told pass(final Chunk chunk) {
        if (decoder.isOver()) {
            return this;
        }
        if (chunk.sent()) {
            decoder.sent(chunk.bytes(), 0, chunk.bytes().length);
        } else {
            decoder.received(chunk.bytes(), 0, chunk.bytes().length);
        }
        return this;
    }

    Told lose(final boolean sent, final long bytes) {
        if (!decoder.isOver()) {
            decoder.gap(sent, bytes);
        }
        return this;
    }

    Told play(final List<Chunk> chunks) {
        chunks.forEach(this::pass);
        return this;
    }

    Told play(final String transcript) {
        return play(Transcript.load(transcript + ".capture"));
    }

    Told close() {
        decoder.end(GapCause.UNFINISHED);
        return this;
    }

    List<String> heads() {
        return all.stream().map(One::head).toList();
    }

    List<String> wholes() {
        return all.stream().map(One::whole).toList();
    }
}
