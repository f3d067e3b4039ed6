package io.fourthlog.sensor.action;

import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A tool invocation under way: what its server does meanwhile follows from it. */
public final class InFlight {
    private final Agent client;
    private final Cause cause;
    private final @Nullable String callId;
    private final TreeSet<String> resources = new TreeSet<>();
    private @Nullable Agent server;

    /**
     * @param cause of what follows: the trace and id of the tool invocation itself
     * @param server the process that runs the tool, {@code null} while that is not known
     */
    public InFlight(
            final Agent client, final @Nullable Agent server, final Cause cause, final @Nullable String callId) {
        this.client = client;
        this.server = server;
        this.cause = cause;
        this.callId = callId;
    }

    public Agent client() {
        return client;
    }

    public Cause cause() {
        return cause;
    }

    public @Nullable String callId() {
        return callId;
    }

    public void server(final Agent process) {
        server = process;
    }

    /** Notes a kind of resource that the tool used, such as {@code file}. */
    public void used(final String resourceType) {
        resources.add(resourceType);
    }

    /** The kind of resource the tool used, {@code null} if none was seen or several were. */
    public @Nullable String resourceType() {
        return resources.size() == 1 ? resources.first() : null;
    }

    boolean servedBy(final Agent agent) {
        return server != null ? agent.descendsFrom(server) : agent != client && agent.descendsFrom(client);
    }
}
