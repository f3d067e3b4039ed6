package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Resources;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.database.DatabaseListener;
import io.fourthlog.sensor.database.Statement;
import io.fourthlog.sensor.protocol.TextBlocks;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an agent does on one connection with a database: a data_access of each table that a statement names, written when the
 * statement is answered, and judged when it is sent as well. Rows and bytes of a statement with several tables are counted once,
 * with its first. Over TLS it may show only after the first call where the server is: until then that is the likeliest one.
 */
final class DatabaseSession implements DatabaseListener {
    private static final int MAX_LABELS = 2048; // more than a row can have
    private static final byte[] LINE = {'\n'};

    private final Recorder recorder;
    private final Identities identities;
    private final Agent agent;
    private final Database database;
    private final MemoryBudget budget;
    private final Supplier<Instant> now;
    private @Nullable Destination server; // null where it is behind a path on this machine, or not known
    private boolean located; // it is that server, and not only likely to be
    private @Nullable Login unlocated; // of which it is still to be told where
    private @Nullable String name; // of the database on its server

    DatabaseSession(
            final Recorder recorder,
            final Identities identities,
            final Agent agent,
            final Database database,
            final @Nullable Destination server,
            final boolean located,
            final MemoryBudget budget,
            final Supplier<Instant> now) {
        this.recorder = recorder;
        this.identities = identities;
        this.agent = agent;
        this.database = database;
        this.server = server;
        this.located = located;
        this.budget = budget;
        this.now = now;
    }

    @Override
    public void login(final @Nullable String user, final @Nullable String toDatabase) {
        name = toDatabase;
        if (user != null) {
            tellLogin();
            unlocated = new Login(user, toDatabase, now.get());
            if (located) {
                tellLogin();
            }
        }
    }

    /** It has shown where the connection leads. */
    void leadsTo(final Destination to) {
        server = to;
        located = true;
        tellLogin();
    }

    /** The connection has ended. */
    void ended() {
        tellLogin();
    }

    private void tellLogin() {
        final Login login = unlocated;
        if (login != null) {
            unlocated = null;
            identities.loggedIn(
                    agent,
                    Resources.userUri(database.scheme(), login.user(), host(), port()),
                    login.database(),
                    login.ts());
        }
    }

    @Override
    public void encrypts() {
        if (server != null) {
            agent.encrypts(database.scheme(), server);
        }
    }

    @Override
    public Access begins(final Statement statement) {
        final Session session = agent.session();
        return new Running(statement, session.ofResource(agent, session.serving(agent), database.scheme()));
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        recorder.gap(agent, agent.session().ambient(agent), null, cause, now.get(), now.get(), missingBytes);
    }

    private List<String> names(final @Nullable String resource) {
        if (resource == null) {
            return name == null ? List.of() : List.of(name);
        }
        final int dot = database.spans() ? resource.indexOf('.') : -1;
        if (dot > 0) {
            return List.of(resource.substring(0, dot), resource.substring(dot + 1));
        }
        return List.of(name == null ? "" : name, resource);
    }

    private @Nullable String host() {
        return server == null ? null : server.host();
    }

    private int port() {
        return server == null || server.port() == database.port() ? 0 : server.port();
    }

    private record Login(String user, @Nullable String database, Instant ts) {}

    /** One statement on one table, or on none that it names: {@code names} are those of a database and a table, as far as they are known. */
    private record Touched(UUID id, List<String> names, Recorder.@Nullable Judged early) {}

    private final class Running implements Access {
        private final Statement statement;
        private final Cause cause;
        private final Instant ts = now.get();
        private final TextBlocks texts = new TextBlocks(budget, true, this::look);
        private final TreeSet<String> tags = new TreeSet<>();
        private final Map<String, byte[]> labels = new HashMap<>(); // of columns
        private final List<Touched> all = new ArrayList<>(1);
        private long bytes;
        private boolean named; // the value that is told has its column's name before it
        private boolean inText;

        private Running(final Statement statement, final Cause cause) {
            this.statement = statement;
            this.cause = cause;
            for (final String resource : statement.resources()) {
                touch(names(resource));
            }
            if (statement.resources().isEmpty() || !statement.known()) {
                touch(names(null)); // what it names beyond those may be anything of the database
            }
        }

        private void touch(final List<String> names) {
            final UUID id = recorder.newId();
            final DataAccess sent =
                    event(id, names, all.isEmpty(), 0L, "it is not answered yet", Completeness.COMPLETE);
            all.add(new Touched(id, names, recorder.judgeEarly(sent, agent, cause, server)));
        }

        @Override
        public void text(final byte[] content, final int offset, final int length) {
            bytes += statement.mode() == Statement.Mode.READ ? 0 : length; // what is written may stand in it
            texts.add(content, offset, length);
            inText = true;
        }

        @Override
        public void value(
                final @Nullable String column,
                final byte[] content,
                final int offset,
                final int length,
                final boolean ends) {
            bytes += length;
            if (inText) {
                texts.add(LINE, 0, LINE.length);
                inText = false;
            }
            if (labels.size() > MAX_LABELS) {
                labels.clear();
            }
            if (!named && column != null) { // a detector may look at the word before a value
                final byte[] label =
                        labels.computeIfAbsent(column, each -> (each + ": ").getBytes(StandardCharsets.UTF_8));
                texts.add(label, 0, label.length);
                named = true;
            }
            texts.add(content, offset, length);
            if (ends) {
                texts.add(LINE, 0, LINE.length);
                named = false;
            }
        }

        private void look(final Plaintext block) {
            try (block) {
                final RedactionEngine engine = recorder.engine(agent);
                tags.addAll(engine.sensitivity(block));
            }
        }

        @Override
        public void done(final long rows) {
            record(
                    rows,
                    "the server does not say",
                    statement.known() ? Completeness.COMPLETE : Completeness.gap(null)); // which table it was about
        }

        @Override
        public void failed(final String code) {
            record(-1, "the statement failed", Completeness.COMPLETE);
            recorder.error(agent, first(), now.get(), "data." + database.scheme() + "." + code);
        }

        @Override
        public void cut(final GapCause gap, final long missingBytes) {
            record(-1, "its end was not captured", Completeness.gap(missingBytes < 0 ? null : missingBytes));
            recorder.gap(agent, first(), all.getFirst().id(), gap, ts, now.get(), missingBytes);
        }

        private Cause first() {
            return cause.then(all.getFirst().id());
        }

        private void record(final long rows, final String why, final Completeness completeness) {
            texts.end();
            tellLogin();
            boolean first = true;
            for (final Touched each : all) {
                final DataAccess event = event(each.id(), each.names(), first, rows, why, completeness);
                recorder.judgeAndRecord(event, agent, cause, server, each.early());
                first = false;
            }
            texts.close();
        }

        private DataAccess event(
                final UUID id,
                final List<String> names,
                final boolean counts,
                final long rows,
                final String why,
                final Completeness completeness) {
            final TreeMap<String, String> unknown = new TreeMap<>();
            if (!counts) {
                unknown.put("row_count", "counted with the statement's first resource");
                unknown.put("byte_count", "counted with the statement's first resource");
            } else if (rows < 0) {
                unknown.put("row_count", why);
            }
            final Header header = recorder.header(id, agent, cause, ts, completeness, Evidence.OBSERVED)
                    .withUnknown(unknown);
            return new DataAccess(
                    header,
                    Resources.databaseUri(database.scheme(), host(), port(), names),
                    statement.mode().wire(),
                    counts && rows >= 0 ? rows : null,
                    counts ? bytes : null,
                    List.copyOf(tags));
        }
    }
}
