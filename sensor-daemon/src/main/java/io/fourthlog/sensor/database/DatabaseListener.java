package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** Whom a {@link DatabaseDecoder} tells what a client does. */
public interface DatabaseListener {
    /** The client says who it is, or goes to another database; told before the statements that are in it. What is not known is {@code null}. */
    void login(@Nullable String user, @Nullable String database);

    /** TLS begins on this connection: what follows comes from the TLS library, as a connection of its own. */
    void encrypts();

    /** A statement that reads or writes data was sent. */
    Access begins(Statement statement);

    /** Something was not seen that no {@link Access} tells; {@code missingBytes} is -1 if not known. */
    void gap(GapCause cause, long missingBytes);

    /** Takes what becomes of one statement; ends with exactly one of {@link #done}, {@link #failed} and {@link #cut}. */
    interface Access {
        /** The statement's text, or a piece of it; valid during the call only. */
        void text(byte[] bytes, int offset, int length);

        /**
         * A piece of a value: of a parameter, or of a column of a row that came back.
         *
         * @param name of the column, where there is one
         * @param bytes text or the protocol's binary form; valid during the call only
         * @param ends whether the value ends with this piece
         */
        void value(@Nullable String name, byte[] bytes, int offset, int length, boolean ends);

        /**
         * It is done.
         *
         * @param rows read or written, as the server or the rows themselves say; -1 if neither does
         */
        void done(long rows);

        /**
         * The server refuses it.
         *
         * @param code the error's code as the protocol defines it, with nothing of the content: {@code 42P01}
         */
        void failed(String code);

        /** The end was not seen; {@code missingBytes} is -1 if not known. */
        void cut(GapCause cause, long missingBytes);
    }
}
