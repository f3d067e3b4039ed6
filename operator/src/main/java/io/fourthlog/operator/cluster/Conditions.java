package io.fourthlog.operator.cluster;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes the conditions of one status: a condition whose status did not change keeps its time of transition. */
public final class Conditions {

    public static final String ACCEPTED = "Accepted";
    public static final String RESOLVED_REFS = "ResolvedRefs";
    public static final String PROGRAMMED = "Programmed";
    public static final String READY = "Ready";
    public static final String RECONCILING = "Reconciling";
    public static final String STALLED = "Stalled";

    private final List<Condition> observed;
    private final long generation;
    private final String now;
    private final List<Condition> written = new ArrayList<>();

    /**
     * Starts an empty list.
     *
     * @param observed conditions that the object has
     * @param generation of the spec that the new conditions speak of
     * @param now time of transition of those that change
     */
    public Conditions(List<Condition> observed, long generation, Instant now) {
        this.observed = observed;
        this.generation = generation;
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    public Conditions add(String type, boolean holds, String reason, String message) {
        String status = holds ? "True" : "False";
        String since = find(observed, type)
                .filter(condition -> status.equals(condition.getStatus()))
                .map(Condition::getLastTransitionTime)
                .orElse(now);
        written.add(new ConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withObservedGeneration(generation)
                .withLastTransitionTime(since)
                .withReason(reason)
                .withMessage(message)
                .build());
        return this;
    }

    /** Keeps a condition as it was observed, if it was. */
    public Conditions keep(String type) {
        find(observed, type).ifPresent(written::add);
        return this;
    }

    public List<Condition> toList() {
        return List.copyOf(written);
    }

    public static Optional<Condition> find(List<Condition> conditions, String type) {
        return conditions.stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }
}
