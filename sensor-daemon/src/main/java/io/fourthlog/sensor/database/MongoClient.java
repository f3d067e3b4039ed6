package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** What a MongoDB client sends: commands, each held until it is known what it does and to which database, and documents with them. */
final class MongoClient extends MongoMessages {
    private static final int KEPT =
            17 << 20; // octets of a command, which names its database last; servers take 16 MiB and 16 KiB
    private static final String LEGACY = ".$cmd"; // what a command was asked of

    private final ContentBuffer body;
    private MongoCommand command = new MongoCommand();
    private @Nullable Running running;
    private boolean isKept; // the document, until it is known what the command is
    private boolean deferred; // what it is about comes with it
    private boolean known; // what the command is
    private boolean unanswered;
    private int documents;

    MongoClient(final AbstractDecoder connection, final MongoPending pending) {
        super(connection, pending);
        body = new ContentBuffer(connection.budget, KEPT);
    }

    @Override
    void messageBegins() {
        body.clear();
        command = new MongoCommand();
        running = null;
        known = false;
        unanswered = false;
        deferred = false;
        documents = 0;
    }

    @Override
    boolean isBeginning(final byte[] bytes, final int offset) {
        return MongoHeader.answers(bytes, offset) == 0 && MongoHeader.opcode(bytes, offset) != MongoMessage.REPLY;
    }

    @Override
    @Nullable
    Running running() {
        return running;
    }

    @Override
    public void begins(final int code, final int flags, final String queried) {
        unanswered = code == MongoMessage.MSG && (flags & MongoMessage.MORE_TO_COME) != 0;
        if (code == MongoMessage.QUERY) {
            final boolean asks = queried.endsWith(LEGACY);
            command.of(asks ? queried.substring(0, queried.length() - LEGACY.length()) : null);
            if (!asks) {
                command.queries(queried);
            }
        }
    }

    @Override
    public BsonReader document(final @Nullable String sequence) {
        isKept = sequence == null ? !known : deferred;
        if (isKept) {
            return new BsonReader(sequence == null ? command : command.with(sequence));
        }
        documents += sequence == null ? 0 : 1;
        damaged |= !known; // documents before their command, which nobody sends
        return new BsonReader(running == null ? new MongoCommand() : new MongoValues(running, false));
    }

    @Override
    public void documentPiece(final byte[] bytes, final int offset, final int length) {
        if (isKept && !known && !damaged && !body.append(bytes, offset, length)) {
            body.clear();
            damaged = true;
            message.lose();
            connection.listener.gap(GapCause.TOO_LARGE, -1);
        }
    }

    @Override
    public void documentEnds() {
        if (isKept && !known && !deferred) {
            deferred = command.isNamedElsewhere();
            if (!deferred) {
                tell();
            }
        }
    }

    /** The command is known. */
    private void tell() {
        known = true;
        final Statement statement = command.statement();
        if (command.user() != null) {
            connection.listener.login(command.user(), null);
        }
        if (statement != null) {
            final Running told = Running.of(connection.listener, statement);
            running = told;
            BsonReader.Sink values = new MongoValues(told, !command.name().equals(MongoCommand.QUERIES));
            for (int at = 0; at < body.length(); ) {
                at += new BsonReader(values).data(body.array(), at, body.length() - at);
                values = new MongoValues(told, false);
            }
        }
        body.clear();
    }

    @Override
    void messageEnds() {
        if (deferred && !known && !damaged) {
            tell();
        }
        if (!known && damaged) {
            running = Running.unknown(connection.listener);
        } else if (damaged && running != null) {
            running.doubt();
        }
        if (unanswered && known) {
            if (running != null) {
                if (documents > 0) {
                    running.rows(documents);
                }
                running.done();
            }
        } else if (running != null || known) {
            pending.add(number, new MongoPending.Command(running, command.name()));
        }
        running = null;
        body.clear();
    }

    @Override
    boolean cut(final GapCause cause) {
        final boolean cut = running != null && running.cut(cause, -1);
        running = null;
        body.clear();
        return cut;
    }

    @Override
    void close() {
        super.close();
        body.close();
    }
}
