package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** What a MongoDB server answers, by the number of what it answers. */
final class MongoServer extends MongoMessages {
    private static final String NO_COMMAND = "";

    private @Nullable Running running;
    private @Nullable MongoReply reply;
    private String name = NO_COMMAND;
    private boolean goesOn; // with another answer

    MongoServer(final AbstractDecoder connection, final MongoPending pending) {
        super(connection, pending);
    }

    @Override
    void messageBegins() {
        pending.passed(answers);
        final MongoPending.Command command = pending.get(answers);
        running = command == null ? null : command.running();
        name = command == null ? NO_COMMAND : command.name();
        reply = null;
        goesOn = false;
    }

    @Override
    boolean isBeginning(final byte[] bytes, final int offset) {
        return pending.contains(MongoHeader.answers(bytes, offset));
    }

    @Override
    @Nullable
    Running running() {
        return running;
    }

    @Override
    public void begins(final int opcode, final int flags, final String queried) {
        goesOn = opcode == MongoMessage.MSG && (flags & MongoMessage.MORE_TO_COME) != 0;
    }

    @Override
    public BsonReader document(final @Nullable String sequence) {
        if (running == null) {
            return new BsonReader(new MongoCommand());
        }
        reply = new MongoReply(running, name, name.equals(MongoCommand.QUERIES));
        return new BsonReader(reply);
    }

    @Override
    public void documentPiece(final byte[] bytes, final int offset, final int length) {}

    @Override
    public void documentEnds() {
        if (reply != null) {
            reply.tell(false);
            reply = null;
        }
    }

    @Override
    void messageEnds() {
        final MongoPending.Command command = pending.get(answers);
        if (command == null) {
            return;
        }
        if (command.running() != null && damaged) {
            command.running().doubt();
        }
        if (goesOn && !damaged) {
            pending.goesOn(answers, number, command);
        } else {
            if (command.running() != null) {
                command.running().done();
            }
            pending.answered(answers);
        }
        running = null;
    }

    @Override
    boolean cut(final GapCause cause) {
        if (running != null) {
            pending.answered(answers);
        }
        running = null;
        return false;
    }

    /** Nothing more of the message is told. */
    void drop() {
        running = null;
    }
}
