package io.fourthlog.sensor.action;

import io.fourthlog.sensor.protocol.MentionedFiles;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A tool invocation under way: what its server does meanwhile follows from it. */
public final class InFlight {
    private final Agent client;
    private final Cause cause;
    private final Cause asked;
    private final MentionedFiles files;
    private final @Nullable String callId;
    private final TreeSet<String> resources = new TreeSet<>();
    private @Nullable Agent server;

    /**
     * @param cause of what follows: the trace and id of the tool invocation itself
     * @param asked what it follows from
     * @param files that its arguments may name
     * @param server the process that runs the tool, {@code null} while that is not known
     */
    public InFlight(
            final Agent client,
            final @Nullable Agent server,
            final Cause cause,
            final Cause asked,
            final MentionedFiles files,
            final @Nullable String callId) {
        this.client = client;
        this.server = server;
        this.cause = cause;
        this.asked = asked;
        this.files = files;
        this.callId = callId;
    }

    public Agent client() {
        return client;
    }

    public Cause cause() {
        return cause;
    }

    Cause asked() {
        return asked;
    }

    MentionedFiles files() {
        return files;
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

    /**
     * How many processes are between this one and the one that runs the tool, -1 if it has no part in that; who runs it may be not known,
     * and is further away than any then.
     */
    int distance(final Agent agent) {
        if (server != null) {
            return agent.generationsFrom(server);
        }
        return agent != client && agent.descendsFrom(client) ? Integer.MAX_VALUE : -1;
    }
}
