package io.fourthlog.policy;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps for each recent trace what rules over traces ask for, in bounded memory: the trace that was silent for longest
 * is shed first, and a trace keeps its first values of each kind. Confined to the thread that makes events.
 */
public final class TraceState {

    private static final int DEFAULT_TRACES = 10_000;
    private static final int DEFAULT_VALUES = 256; // of each kind and trace: what one rule can go through in its budget

    private final int maxValues;
    private final Map<String, Trace> traces;
    private long shedTraces;
    private long shedValues;

    /** With room for 10,000 traces and 256 values of each kind. */
    public TraceState() {
        this(DEFAULT_TRACES, DEFAULT_VALUES);
    }

    public TraceState(int maxTraces, int maxValues) {
        if (maxTraces < 1 || maxValues < 1) {
            throw new IllegalArgumentException("a trace state needs room for at least one trace and one value");
        }
        this.maxValues = maxValues;
        this.traces = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Trace> eldest) {
                final boolean full = size() > maxTraces;
                if (full) {
                    shedTraces++;
                }
                return full;
            }
        };
    }

    /** Adds what the event says to its trace, and {@code destination} as a host of it. */
    public void observe(Event event, @Nullable Destination destination) {
        final Trace trace = traces.computeIfAbsent(event.header().traceId(), id -> new Trace());
        switch (event) {
            case ToolInvocation tool -> {
                add(trace.tools, tool.toolName());
                addAll(trace.sensitivity, tool.paramSensitivity());
            }
            case ModelInvocation model -> {
                addAll(trace.sensitivity, model.inputSensitivity());
                addAll(trace.sensitivity, model.outputSensitivity());
                addHost(trace, model.destination());
            }
            case DataAccess access -> {
                add(trace.resources, access.resourceUri());
                addAll(trace.sensitivity, access.sensitivityTagsResolved());
            }
            case IdentityAssertion identity -> {}
            case PolicyDecision decision -> {}
            case ErrorEvent error -> {}
        }
        addHost(trace, destination);
        trace.view = null;
    }

    /** {@link #observe(Event, Destination)} of an event that left no connection. */
    public void observe(Event event) {
        observe(event, null);
    }

    /** The trace so far; empty for one that was never seen or is shed. */
    public TraceView view(String traceId) {
        final Trace trace = traces.get(traceId);
        return trace == null ? TraceView.EMPTY : trace.view();
    }

    /** How many traces were forgotten because there were too many. */
    public long shedTraces() {
        return shedTraces;
    }

    /** How many values were left out because their trace had too many of the kind. */
    public long shedValues() {
        return shedValues;
    }

    private void addHost(Trace trace, @Nullable Destination destination) {
        if (destination != null) {
            add(trace.hosts, destination.host());
        }
    }

    private void addAll(Set<String> values, Collection<String> more) {
        more.forEach(value -> add(values, value));
    }

    private void add(Set<String> values, String value) {
        if (values.size() < maxValues) {
            values.add(value);
        } else if (!values.contains(value)) {
            shedValues++;
        }
    }

    private static final class Trace {
        private final Set<String> sensitivity = new LinkedHashSet<>();
        private final Set<String> tools = new LinkedHashSet<>();
        private final Set<String> resources = new LinkedHashSet<>();
        private final Set<String> hosts = new LinkedHashSet<>();
        private @Nullable TraceView view;

        private TraceView view() {
            TraceView made = view;
            if (made == null) {
                made = new TraceView(
                        sensitivity.stream().toList(),
                        tools.stream().toList(),
                        resources.stream().toList(),
                        hosts.stream().toList());
                view = made;
            }
            return made;
        }
    }
}
