package io.fourthlog.trail.trace;

import io.fourthlog.trail.reading.LoggedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The events of a trace in the order in which they caused each other: each behind its trigger, siblings by time.
 *
 * <p>Ids and triggers come from sensors and may be anything: a trigger that is not in the trail, a circle of triggers, one
 * id twice. Every event is in the tree exactly once all the same, and what is odd about its place is noted.
 */
public final class TraceTree {

    /** What is odd about the place of an event. */
    public enum Oddity {
        /** Its trigger is not in this trace of the trail. */
        TRIGGER_MISSING("its trigger is not in the trail"),
        /** Its trigger leads back to itself. */
        CIRCLE("its triggers lead back to itself"),
        /** Another event has the same id. */
        SAME_ID("another event has the same id");

        private final String text;

        Oddity(String text) {
            this.text = text;
        }

        /** For people. */
        public String text() {
            return text;
        }
    }

    /**
     * An event in its place.
     *
     * @param depth how many events led to it; 0 for a root
     * @param last whether it is the last of its siblings
     * @param oddity what is odd about its place, if anything
     */
    public record Node(
            LoggedEvent logged,
            int depth,
            boolean last,
            @Nullable Oddity oddity) {}

    private final List<LoggedEvent> events; // by time; the numbers below are places in it
    private final Map<UUID, Integer> byId = new HashMap<>(); // the first of each id
    private final Map<Integer, List<Integer>> triggered = new HashMap<>();
    private final @Nullable Oddity[] oddities;
    private final BitSet placed = new BitSet();
    private final List<Node> nodes = new ArrayList<>();

    private TraceTree(List<LoggedEvent> events) {
        this.events = events;
        this.oddities = new @Nullable Oddity[events.size()];
    }

    /** The tree, in the order in which it is read from top to bottom. */
    public static List<Node> of(Collection<LoggedEvent> trace) {
        final TraceTree tree =
                new TraceTree(trace.stream().sorted(LoggedEvent.BY_TIME).toList());
        tree.build();
        return tree.nodes;
    }

    private void build() {
        for (int i = 0; i < events.size(); i++) {
            if (byId.putIfAbsent(events.get(i).id(), i) != null) {
                oddities[i] = Oddity.SAME_ID;
            }
        }
        final List<Integer> roots = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            final Integer trigger = trigger(i);
            if (trigger != null) {
                triggered.computeIfAbsent(trigger, _ -> new ArrayList<>()).add(i);
            } else {
                if (events.get(i).event().header().triggeringEventId() != null && oddities[i] == null) {
                    oddities[i] = Oddity.TRIGGER_MISSING;
                }
                roots.add(i);
            }
        }
        place(roots);
        // What no root leads to is on a circle, or behind one.
        for (int i = placed.nextClearBit(0); i < events.size(); i = placed.nextClearBit(i)) {
            final int start = onCircle(i);
            oddities[start] = Oddity.CIRCLE;
            place(List.of(start));
        }
    }

    private @Nullable Integer trigger(int event) {
        final UUID id = events.get(event).event().header().triggeringEventId();
        return id == null ? null : byId.get(id);
    }

    /** Goes back from trigger to trigger until one comes again. */
    private int onCircle(int event) {
        final BitSet seen = new BitSet();
        int at = event;
        while (!seen.get(at)) {
            seen.set(at);
            final Integer before = trigger(at);
            if (before == null) {
                throw new IllegalStateException("a root was not placed");
            }
            at = before;
        }
        return at;
    }

    /** An event that is to be placed. */
    private record Place(int event, int depth, boolean last) {}

    private void place(List<Integer> roots) {
        final Deque<Place> next = new ArrayDeque<>();
        push(next, roots, 0);
        while (!next.isEmpty()) {
            final Place place = next.pop();
            placed.set(place.event());
            nodes.add(new Node(events.get(place.event()), place.depth(), place.last(), oddities[place.event()]));
            push(next, triggered.getOrDefault(place.event(), List.of()), place.depth() + 1);
        }
    }

    /** Only where a circle closes is one of them placed already. */
    private void push(Deque<Place> next, List<Integer> siblings, int depth) {
        final List<Integer> open =
                siblings.stream().filter(event -> !placed.get(event)).toList();
        for (int i = open.size() - 1; i >= 0; i--) {
            next.push(new Place(open.get(i), depth, i == open.size() - 1));
        }
    }
}
