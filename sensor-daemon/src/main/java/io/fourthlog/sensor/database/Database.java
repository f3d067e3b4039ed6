package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.MemoryBudget;

/** The databases whose protocol is read. */
public enum Database {
    POSTGRESQL("postgres", 5432, false),
    MYSQL("mysql", 3306, true),
    REDIS("redis", 6379, false),
    MONGODB("mongodb", 27017, true);

    private final String scheme;
    private final int port;
    private final boolean spans;

    Database(final String scheme, final int port, final boolean spans) {
        this.scheme = scheme;
        this.port = port;
        this.spans = spans;
    }

    /** Whether a statement may name resources of other databases, as {@code DATABASE.TABLE}. */
    public boolean spans() {
        return spans;
    }

    /** The scheme of its URIs. */
    public String scheme() {
        return scheme;
    }

    /** Where it listens unless it is told otherwise. */
    public int port() {
        return port;
    }

    /** Whether a direction begins as a client's does. */
    public Begins client(final byte[] bytes, final int offset, final int length) {
        return switch (this) {
            case POSTGRESQL -> PostgreSql.begins(bytes, offset, length);
            case MYSQL -> MySql.begins(bytes, offset, length);
            case REDIS -> Redis.begins(bytes, offset, length);
            case MONGODB -> MongoDb.begins(bytes, offset, length);
        };
    }

    /** Whether a direction begins as a server's does. */
    public Begins server(final byte[] bytes, final int offset, final int length) {
        return this == MYSQL ? MySql.greets(bytes, offset, length) : Begins.NO;
    }

    /** Whether a client's call is a request, whole, on a connection whose beginning was not seen. */
    public boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return switch (this) {
            case POSTGRESQL -> PostgreSql.isRequest(bytes, offset, length);
            case MYSQL -> MySql.isRequest(bytes, offset, length);
            case REDIS -> Redis.isRequest(bytes, offset, length);
            case MONGODB -> MongoDb.isRequest(bytes, offset, length);
        };
    }

    /**
     * Reads a connection.
     *
     * @param begins whether from its beginning, else from a {@linkplain #isRequest request} on
     */
    public DatabaseDecoder decoder(final MemoryBudget budget, final DatabaseListener listener, final boolean begins) {
        return switch (this) {
            case POSTGRESQL -> begins ? PostgreSql.begun(budget, listener) : PostgreSql.inTheMiddle(budget, listener);
            case MYSQL -> begins ? MySql.begun(budget, listener) : MySql.inTheMiddle(budget, listener);
            case REDIS -> begins ? Redis.begun(budget, listener) : Redis.inTheMiddle(budget, listener);
            case MONGODB -> new MongoDb(budget, listener);
        };
    }
}
