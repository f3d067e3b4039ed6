package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * MongoDB's wire protocol (OP_MSG, and what came before it for the first greeting), compressed or not, which DocumentDB, Cosmos DB and
 * FerretDB speak as well.
 *
 * <p>An answer has the number of what it answers, so none is taken for another's after a loss; messages are found again where a
 * call begins with one.
 */
final class MongoDb implements DatabaseDecoder {
    private static final int HEADER = 16; // octets: length, number, number of what it answers, opcode
    private static final int MAX =
            (48 << 20) + (1 << 20); // octets of a message, maxMessageSizeBytes and room for what is around it
    private static final int KEPT =
            17 << 20; // octets of a command, which names its database last; servers take 16 MiB and 16 KiB
    private static final int OUTSTANDING = 1024; // commands
    private static final int SIZE = 256; // octets, about, that one takes
    private static final String NO_COMMAND = "";
    private static final String LEGACY = ".$cmd"; // what a command was asked of

    /** A command that is not answered yet. */
    private record Waiting(@Nullable Running running, String name) {}

    private final MemoryBudget budget;
    private final DatabaseListener listener;
    private final Client client;
    private final Server server;
    private final Map<Integer, Waiting> waiting = new LinkedHashMap<>();
    private boolean over;

    MongoDb(final MemoryBudget budget, final DatabaseListener listener) {
        this.budget = budget;
        this.listener = listener;
        client = new Client();
        server = new Server();
    }

    /** Whether a client's first bytes are the header of a command. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        if (length < HEADER) {
            return (length > 3 && !isLength(int32(bytes, offset))) || (length >= 12 && int32(bytes, offset + 8) != 0)
                    ? Begins.NO
                    : Begins.UNDECIDED;
        }
        if (!isHeader(bytes, offset) || int32(bytes, offset + 8) != 0) {
            return Begins.NO;
        }
        final int opcode = int32(bytes, offset + 12);
        if (opcode != MongoMessage.MSG) {
            return Begins.YES;
        }
        if (length < HEADER + 5) {
            return Begins.UNDECIDED;
        }
        return (int32(bytes, offset + HEADER) & ~0x10003) == 0 && (bytes[offset + HEADER + 4] & ~1) == 0
                ? Begins.YES
                : Begins.NO;
    }

    /** Whether a client's call is a command, whole, or several. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return begins(bytes, offset, length) == Begins.YES && chain(bytes, offset, length) == 0;
    }

    /** How many octets the last of a chain of messages lacks, -1 if it is no chain. */
    private static long chain(final byte[] bytes, final int offset, final int length) {
        long at = 0;
        while (at + HEADER <= length) {
            if (!isHeader(bytes, offset + (int) at)) {
                return -1;
            }
            at += int32(bytes, offset + (int) at);
        }
        return at >= length ? at - length : -1;
    }

    private static boolean isHeader(final byte[] bytes, final int at) {
        return isLength(int32(bytes, at))
                && switch (int32(bytes, at + 12)) {
                    case MongoMessage.MSG, MongoMessage.COMPRESSED, MongoMessage.QUERY, MongoMessage.REPLY -> true;
                    default -> false;
                };
    }

    private static boolean isLength(final int length) {
        return length >= HEADER + 5 && length <= MAX;
    }

    private static int int32(final byte[] bytes, final int at) {
        return MySqlPackets.size(bytes, at) | (bytes[at + 3] & 0xff) << 24;
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        client.take(bytes, offset, length);
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        server.take(bytes, offset, length);
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (!over) {
            (sent ? client : server).gap(bytes);
        }
    }

    @Override
    public boolean isOver() {
        return over;
    }

    private void giveUp(final GapCause cause) {
        if (!end(cause)) {
            listener.gap(cause, -1);
        }
    }

    @Override
    public boolean end(final GapCause cause) {
        boolean cut = client.cut(cause);
        server.running = null;
        for (final Waiting each : waiting.values()) {
            cut |= each.running() != null && each.running().cut(cause, -1);
        }
        budget.giveBack(waiting.size() * SIZE);
        waiting.clear();
        over = true;
        client.close();
        server.close();
        return cut;
    }

    private void await(final int number, final Waiting command) {
        answered(number); // which a client gives again after all the others
        if (waiting.size() < OUTSTANDING && budget.take(SIZE)) {
            waiting.put(number, command);
        } else {
            if (command.running() != null) {
                command.running().cut(GapCause.SHED, -1);
            }
            giveUp(GapCause.SHED);
        }
    }

    private void answered(final int number) {
        final Waiting command = waiting.remove(number);
        if (command != null) {
            budget.giveBack(SIZE);
            if (command.running() != null) {
                command.running().cut(GapCause.STREAM, -1); // if it is not done
            }
        }
    }

    /** A server answers one after the other: what was asked before what it answers was answered by what was lost. */
    private void passed(final int number) {
        if (!waiting.containsKey(number)) {
            return;
        }
        for (final Iterator<Map.Entry<Integer, Waiting>> all =
                        waiting.entrySet().iterator();
                all.hasNext(); ) {
            final Map.Entry<Integer, Waiting> each = all.next();
            if (each.getKey() == number) {
                return;
            }
            if (each.getValue().running() != null) {
                each.getValue().running().cut(GapCause.STREAM, -1);
            }
            all.remove();
            budget.giveBack(SIZE);
        }
    }

    /** What both directions have: messages. */
    private abstract class Side implements MongoMessage.Sink {
        final MongoMessage message = new MongoMessage(budget, this);
        final byte[] header = new byte[HEADER];
        private int headerLength;
        private int remaining = -1; // octets of the message that is read; -1 between messages
        private boolean lost; // where the next message begins is not known
        boolean damaged;
        int number;
        int answers;

        /** A message begins. */
        abstract void begins();

        /** The message is complete, with what of it was lost. */
        abstract void ends();

        /** Nothing more of the message comes. */
        abstract boolean cut(GapCause cause);

        /** Whether bytes of a chain of messages may be this side's. */
        abstract boolean isBeginning(byte[] bytes, int offset);

        abstract @Nullable Running running();

        final void take(final byte[] bytes, final int offset, final int length) {
            if (lost && length >= HEADER && chain(bytes, offset, length) >= 0 && isBeginning(bytes, offset)) {
                lost = false;
            }
            final int end = offset + length;
            int at = offset;
            while (at < end && !lost && !over) {
                if (remaining < 0) {
                    header[headerLength++] = bytes[at++];
                    if (headerLength == HEADER) {
                        begin();
                    }
                } else {
                    final int count = Math.min(remaining, end - at);
                    remaining -= count;
                    message.data(bytes, at, count);
                    at += count;
                    endIfComplete();
                }
            }
        }

        private void begin() {
            headerLength = 0;
            if (!isLength(int32(header, 0))) {
                giveUp(GapCause.PROTOCOL);
                return;
            }
            remaining = int32(header, 0) - HEADER;
            number = int32(header, 4);
            answers = int32(header, 8);
            damaged = false;
            message.begin(int32(header, 12), remaining);
            begins();
            endIfComplete();
        }

        private void endIfComplete() {
            if (remaining == 0 && !over) {
                remaining = -1;
                message.end();
                if (message.failure() != null) {
                    damaged = true;
                    listener.gap(message.failure(), -1);
                }
                ends();
            }
        }

        final void gap(final long bytes) {
            if (lost) {
                listener.gap(GapCause.STREAM, bytes);
                return;
            }
            message.lose();
            damaged = true;
            if (remaining >= bytes) {
                remaining -= (int) bytes;
                if (running() != null) {
                    running().lose(bytes);
                } else {
                    listener.gap(GapCause.STREAM, bytes);
                }
                endIfComplete();
                return;
            }
            lost = true;
            headerLength = 0;
            remaining = -1;
            cut(GapCause.STREAM);
            listener.gap(GapCause.STREAM, bytes);
        }

        void close() {
            message.close();
        }
    }

    private final class Client extends Side {
        private final ContentBuffer body = new ContentBuffer(budget, KEPT);
        private MongoCommand command = new MongoCommand();
        private @Nullable Running running;
        private boolean isKept; // the document, until it is known what the command is
        private boolean deferred; // what it is about comes with it
        private boolean known; // what the command is
        private boolean unanswered;
        private int documents;

        @Override
        void begins() {
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
            return int32(bytes, offset + 8) == 0 && int32(bytes, offset + 12) != MongoMessage.REPLY;
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
        public void data(final byte[] bytes, final int offset, final int length) {
            if (isKept && !known && !damaged && !body.append(bytes, offset, length)) {
                body.clear();
                damaged = true;
                message.lose();
                listener.gap(GapCause.TOO_LARGE, -1);
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
                listener.login(command.user(), null);
            }
            if (statement != null) {
                final Running told = Running.of(listener, statement);
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
        void ends() {
            if (deferred && !known && !damaged) {
                tell();
            }
            if (!known && damaged) {
                running = Running.unknown(listener);
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
                await(number, new Waiting(running, command.name()));
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

    private final class Server extends Side {
        private @Nullable Running running;
        private @Nullable MongoReply reply;
        private String name = NO_COMMAND;
        private boolean goesOn; // with another answer

        @Override
        void begins() {
            passed(answers);
            final Waiting command = waiting.get(answers);
            running = command == null ? null : command.running();
            name = command == null ? NO_COMMAND : command.name();
            reply = null;
            goesOn = false;
        }

        @Override
        boolean isBeginning(final byte[] bytes, final int offset) {
            return waiting.containsKey(int32(bytes, offset + 8));
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
        public void data(final byte[] bytes, final int offset, final int length) {}

        @Override
        public void documentEnds() {
            if (reply != null) {
                reply.tell(false);
                reply = null;
            }
        }

        @Override
        void ends() {
            final Waiting command = waiting.get(answers);
            if (command == null) {
                return;
            }
            if (command.running() != null && damaged) {
                command.running().doubt();
            }
            if (goesOn && !damaged) {
                waiting.remove(answers);
                budget.giveBack(SIZE);
                await(number, command); // its next answer answers this one
            } else {
                if (command.running() != null) {
                    command.running().done();
                }
                answered(answers);
            }
            running = null;
        }

        @Override
        boolean cut(final GapCause cause) {
            if (running != null) {
                answered(answers);
            }
            running = null;
            return false;
        }
    }
}
