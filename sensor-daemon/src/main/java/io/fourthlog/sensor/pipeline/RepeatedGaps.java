package io.fourthlog.sensor.pipeline;

import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.streams.GapCause;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Counts the gaps of each agent and cause between two ticks, so that nobody can fill the log with them: a reset stream costs its sender
 * 13 bytes, and a gap event some 600. The first are told one by one, and what comes on top of them is summed.
 */
final class RepeatedGaps {
    static final int TOLD = 32; // of a cause, between two ticks
    private static final long MAX_BYTES = (1L << 53) - 1; // that a gap can say

    /**
     * What gaps of one cause come to.
     *
     * @param last what the last of them was caused by
     * @param gaps how many they were
     * @param bytes {@code null} if it is not known of each of them
     */
    record Sum(
            GapCause gapCause,
            Cause last,
            Instant from,
            Instant to,
            long gaps,
            @Nullable Long bytes) {
        private Sum and(final Sum next) {
            return new Sum(
                    gapCause,
                    next.last,
                    from.isBefore(next.from) ? from : next.from,
                    to.isAfter(next.to) ? to : next.to,
                    gaps + next.gaps,
                    bytes == null || next.bytes == null || bytes + next.bytes > MAX_BYTES
                            ? null
                            : Long.valueOf(bytes + next.bytes));
        }
    }

    private static final class Count {
        private int told;
        private @Nullable Sum more;
    }

    private final Map<Agent, Map<GapCause, Count>> counts = new LinkedHashMap<>();

    /** Whether a gap is to be told by itself; else it is summed. */
    boolean mayBeTold(
            final Agent agent,
            final GapCause gapCause,
            final Cause cause,
            final Instant from,
            final Instant to,
            final @Nullable Long bytes) {
        final Count count = counts.computeIfAbsent(agent, _ -> new EnumMap<>(GapCause.class))
                .computeIfAbsent(gapCause, _ -> new Count());
        if (count.told < TOLD) {
            count.told++;
            return true;
        }
        final Sum next = new Sum(gapCause, cause, from, to, 1, bytes);
        count.more = count.more == null ? next : count.more.and(next);
        return false;
    }

    /** The sums of an agent, which is forgotten. */
    List<Sum> take(final Agent agent) {
        final Map<GapCause, Count> counted = counts.remove(agent);
        return counted == null ? List.of() : sums(counted.values());
    }

    /** All sums; everything is forgotten. */
    Map<Agent, List<Sum>> takeAll() {
        if (counts.isEmpty()) {
            return Map.of();
        }
        final Map<Agent, List<Sum>> all = new LinkedHashMap<>();
        counts.forEach((agent, counted) -> all.put(agent, sums(counted.values())));
        counts.clear();
        return all;
    }

    private static List<Sum> sums(final Collection<Count> counted) {
        return counted.stream().flatMap(count -> Stream.ofNullable(count.more)).toList();
    }
}
