package io.fourthlog.sensor.database;

import org.jspecify.annotations.Nullable;

/** What both ends of a Redis connection know: who the client is, in which database, and in which way they speak. */
final class RedisSession {
    private static final String USER = "default";

    private final DatabaseListener listener;
    private @Nullable String user;
    private @Nullable String database;
    private boolean resp3;
    private boolean subscribed; // to anything
    private boolean inPubSub;

    /** @param database that it begins in, {@code null} if that was not seen */
    RedisSession(final DatabaseListener listener, final @Nullable String database) {
        this.listener = listener;
        this.database = database;
        listener.login(null, database);
    }

    @Nullable
    String database() {
        return database;
    }

    void login(final String toUser) {
        user = toUser;
        listener.login(user, database);
    }

    /** Somebody logs in who does not say a name. */
    void login() {
        login(USER);
    }

    void select(final @Nullable String toDatabase) {
        database = toDatabase;
        listener.login(user, database);
    }

    boolean isResp3() {
        return resp3;
    }

    void resp3(final boolean is) {
        resp3 = is;
    }

    boolean isSubscribed() {
        return subscribed;
    }

    void subscribed(final boolean is) {
        subscribed = is;
        inPubSub = is && !resp3;
    }

    /** Whether all that comes is published, as in RESP2. */
    boolean inPubSub() {
        return inPubSub;
    }

    /** All is as at the beginning of a connection. */
    void reset() {
        resp3 = false;
        subscribed(false);
        database = "0";
        login();
    }
}
