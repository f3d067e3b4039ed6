package io.fourthlog.trail.reading;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a trail has of some traces.
 *
 * @param traces by trace id, the trace that ended first first; the events of each by time
 * @param more how many other traces fit and were left out
 * @param gaps what the sensors of these traces did not see while they ran, and that belongs to no trace of them
 * @param unreadable leaves that are no events: whatever they were is not known
 * @param expired what is not there any more of the time that was asked for
 * @param sealed why events that may fit stay closed, and how many
 */
public record Found(
        Map<String, List<LoggedEvent>> traces,
        int more,
        List<LoggedEvent> gaps,
        List<String> unreadable,
        List<Expired> expired,
        Map<String, Integer> sealed) {

    public Found {
        gaps = List.copyOf(gaps);
        unreadable = List.copyOf(unreadable);
        expired = List.copyOf(expired);
        sealed = Collections.unmodifiableMap(new TreeMap<>(sealed));
    }
}
