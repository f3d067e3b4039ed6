package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a trace or a session has touched. Counts and sums are exact; of names, the first so many of each kind are kept,
 * and of steps the last 32.
 */
@SuppressWarnings("EnumOrdinal") // arrays by enum, in this process only
public final class Chain {

    private final NamePool pool;
    private final int maxNames; // of each kind
    private Names sensitivity = Names.NONE;
    private Names tools = Names.NONE;
    private Names resources = Names.NONE;
    private Names hosts = Names.NONE;
    private Names models = Names.NONE;
    private Names denied = Names.NONE;
    private Names runNotRequested = Names.NONE;
    private @Nullable Requests requests; // if any was
    private final Ancestry ancestry = new Ancestry();
    private final Steps steps = new Steps();
    private final int[] counts = new int[EventType.values().length];
    private int events;
    private int depth;
    private int lost; // names of the event at hand that there was no room for
    private long bytesIn;
    private long bytesOut;
    private long startMicros;
    private long lastMicros;
    private @Nullable String session; // of a trace: the one that an event of it named last
    private long previousTool; // hash of the tool that the baseline learned last from it; 0 for none

    Chain(int maxNames, NamePool pool) {
        this.pool = pool;
        this.maxNames = maxNames;
    }

    /** Tags of what its tools and models were given and answered, and of what it read. */
    public List<String> sensitivity() {
        return sensitivity;
    }

    /** The tools it called. */
    public List<String> tools() {
        return tools;
    }

    /** The URIs it read or wrote. */
    public List<String> resources() {
        return resources;
    }

    /** The hosts it sent to. */
    public List<String> hosts() {
        return hosts;
    }

    /** The models it asked. */
    public List<String> models() {
        return models;
    }

    /** The tools, resources and models that policies have denied it. */
    public List<String> denied() {
        return denied;
    }

    /** The tools that models asked for, before the latest event, and that did not run. */
    public List<String> requestedNotRun() {
        return requests == null ? List.of() : requests.open(events);
    }

    /** The tools that ran and that no model had asked for. */
    public List<String> runNotRequested() {
        return runNotRequested;
    }

    /** How many events it has. */
    public int events() {
        return events;
    }

    /** How many events of a type it has. */
    public int count(EventType type) {
        return counts[type.ordinal()];
    }

    /** How many events led to the latest one, with that. */
    public int depth() {
        return depth;
    }

    /** Bytes it read, from data, tools and models. */
    public long bytesIn() {
        return bytesIn;
    }

    /** Bytes it wrote, to data and to models. */
    public long bytesOut() {
        return bytesOut;
    }

    /** Microseconds from its first event to its latest. */
    public long ageMicros() {
        return lastMicros - startMicros;
    }

    /** Whether its last steps, the latest event among them, are like that. */
    public boolean matches(Sequence sequence) {
        return sequence.matches(this);
    }

    Steps steps() {
        return steps;
    }

    @Nullable
    String session() {
        return session;
    }

    void session(String named) {
        session = named;
    }

    /** The tool that was learned before this one, as its hash; 0 for none. */
    long followTool(long hash) {
        final long before = previousTool;
        previousTool = hash;
        return before;
    }

    /** Gives the names of tools of which it has become clear that they did not run, each once. */
    void takeOverdue(Consumer<String> tools) {
        if (requests != null) {
            requests.takeOverdue(events, tools);
        }
    }

    /** Takes an event; returns how many names there was no room for. */
    int add(Event event, @Nullable Destination destination, long micros) {
        startMicros = events == 0 ? micros : startMicros;
        lastMicros = Math.max(lastMicros, micros);
        events++;
        counts[event.type().ordinal()]++;
        depth = ancestry.add(event.header().eventId(), event.header().triggeringEventId());
        bytesIn += Bytes.in(event);
        bytesOut += Bytes.out(event);
        final String subject = pool.one(Subjects.of(event));
        switch (event) {
            case ToolInvocation tool -> steps.add(Step.TOOL_INVOCATION, subject, micros, events);
            case ModelInvocation model -> {
                steps.add(Step.MODEL_INVOCATION, subject, micros, events);
                for (int i = 0; i < model.toolsRequested().size(); i++) {
                    final RequestedTool tool = model.toolsRequested().get(i);
                    steps.add(Step.TOOL_REQUESTED, pool.one(tool.name()), micros, events);
                    request(tool);
                }
            }
            case DataAccess access -> steps.add(Step.DATA_ACCESS, subject, micros, events);
            case IdentityAssertion identity -> steps.add(Step.IDENTITY_ASSERTION, subject, micros, events);
            case ErrorEvent error -> steps.add(Step.ERROR, subject, micros, events);
            case PolicyDecision decision -> {}
        }
        touch(event, destination);
        if (event instanceof ToolInvocation tool
                && tool.header().evidence() != Evidence.SELF_REPORTED
                && (requests == null || !requests.answer(tool))) {
            runNotRequested = with(runNotRequested, tool.toolName());
        }
        return lost;
    }

    private void request(RequestedTool tool) {
        if (requests == null) {
            requests = new Requests();
        }
        requests.add(tool, events);
    }

    /** Takes the names of an event, which may still be under way; returns how many there was no room for. */
    int touch(Event event, @Nullable Destination destination) {
        lost = 0;
        switch (event) {
            case ToolInvocation tool -> {
                tools = with(tools, tool.toolName());
                sensitivity = with(sensitivity, tool.paramSensitivity());
            }
            case ModelInvocation model -> {
                sensitivity = with(sensitivity, model.inputSensitivity());
                sensitivity = with(sensitivity, model.outputSensitivity());
                if (model.modelId() != null) {
                    models = with(models, model.modelId());
                }
                touch(model.destination());
            }
            case DataAccess access -> {
                resources = with(resources, access.resourceUri());
                sensitivity = with(sensitivity, access.sensitivityTagsResolved());
            }
            case IdentityAssertion identity -> {}
            case ErrorEvent error -> {}
            case PolicyDecision decision -> {}
        }
        touch(destination);
        return lost;
    }

    private void touch(@Nullable Destination destination) {
        if (destination != null) {
            hosts = with(hosts, destination.host());
        }
    }

    /** Takes that a policy has denied the event. */
    int deny(Event event, long micros) {
        final String subject = pool.one(Subjects.of(event));
        steps.add(Step.DENIED, subject, micros, events);
        lost = 0;
        denied = with(denied, subject);
        return lost;
    }

    /** These and one more, if there is room for it: of most kinds, most chains have none or one. */
    private Names with(Names names, String name) {
        if (names.isEmpty()) {
            return pool.alone(name);
        }
        if (!names.isShared()) {
            lost += names.put(name, pool) ? 0 : 1;
            return names;
        }
        if (names.contains(name)) {
            return names;
        }
        final Names more = new Names(maxNames);
        more.put(names.getFirst(), pool);
        lost += more.put(name, pool) ? 0 : 1;
        return more;
    }

    private Names with(Names names, List<String> added) {
        Names more = names;
        for (int i = 0; i < added.size(); i++) {
            more = with(more, added.get(i));
        }
        return more;
    }

    /** How deep each of the last events is: a ring of the low halves of their ids, of whose 62 random bits 46 are kept beside the depth. */
    private static final class Ancestry {
        private static final int KEPT = 32;
        private static final int FIRST = 1; // most traces are short, and there are thousands
        private static final long DEPTH = 0xFFFF;

        private long[] places = new long[FIRST];
        private int added;

        int add(UUID id, @Nullable UUID trigger) {
            final int depth =
                    trigger == null ? 1 : Math.min(Short.MAX_VALUE, depth(trigger.getLeastSignificantBits()) + 1);
            if (added == places.length && added < KEPT) {
                places = Arrays.copyOf(places, 2 * added);
            }
            places[added % places.length] = (id.getLeastSignificantBits() & ~DEPTH) | depth;
            added++;
            return depth;
        }

        private int depth(long id) {
            for (int i = 0; i < Math.min(added, places.length); i++) {
                if (((places[i] ^ id) & ~DEPTH) == 0) {
                    return (int) (places[i] & DEPTH);
                }
            }
            return 0;
        }
    }
}
