package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Resources;
import io.fourthlog.sensor.action.Session;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;

/** Makes a data_access of each connection of which only is known where it led and how many bytes went through it. */
final class UnreadSockets {
    private final Recorder recorder;

    UnreadSockets(final Recorder recorder) {
        this.recorder = recorder;
    }

    void closed(final Agent agent, final Destination server, final long bytes, final Instant ts) {
        final Session session = agent.session();
        final Cause cause = session.ofResource(agent, session.serving(agent), "tcp");
        final TreeMap<String, String> unknown = new TreeMap<>();
        unknown.put("row_count", "what is spoken there is not read");
        final DataAccess event = new DataAccess(
                recorder.header(recorder.newId(), agent, cause, ts, Completeness.COMPLETE, Evidence.OBSERVED)
                        .withUnknown(unknown),
                Resources.serverUri(server.host(), server.port()),
                "read_write",
                null,
                bytes,
                List.of());
        recorder.record(event, agent, recorder.judge(event, agent, server));
    }
}
