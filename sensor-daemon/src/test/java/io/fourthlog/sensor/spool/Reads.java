package io.fourthlog.sensor.spool;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.LogReader;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Events of a sensor, and what became of them in its logs. */
final class Reads {

    static final String SENSOR = "demo.support.node-1";

    private Reads() {}

    /** An agent reads something now. */
    static Event read(String uri) {
        return read(Clock.systemUTC(), "k8s://demo/support/Pod/agent/agent/main", uri);
    }

    static Event read(Clock clock, String workload, String uri) {
        return new DataAccess(
                new Header(
                        UuidV7.next(clock),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        clock.instant(),
                        workload,
                        null,
                        SENSOR,
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        new TreeMap<>(Map.of("triggering_event_id", "root of the trace", "row_count", "a file"))),
                uri,
                "read",
                null,
                1L,
                List.of());
    }

    /** The events of a log. */
    static List<Event> recorded(Path log) throws Exception {
        final List<byte[]> entries = new ArrayList<>();
        LogReader.open(log).forEachEvent(0, (leaf, entry) -> entries.add(entry));
        final List<Event> events = new ArrayList<>();
        for (final byte[] entry : entries) {
            events.add(EventCodec.decode(entry));
        }
        return events;
    }
}
