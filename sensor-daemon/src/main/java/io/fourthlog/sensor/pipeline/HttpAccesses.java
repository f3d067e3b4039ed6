package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.redaction.Finding;
import io.fourthlog.redaction.Findings;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Credential;
import io.fourthlog.sensor.action.InFlight;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.ResourceExchange;
import io.fourthlog.sensor.protocol.ResourceUrl;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a data_access of each HTTP request of an agent that asks no model and carries no call of a tool, written when its answer is
 * over and the bytes of both are counted, and judged when it begins as well, so that a denial comes before its effect.
 */
final class HttpAccesses {
    private final Recorder recorder;
    private final Identities identities;
    private final Supplier<Instant> now;

    HttpAccesses(final Recorder recorder, final Identities identities, final Supplier<Instant> now) {
        this.recorder = recorder;
        this.identities = identities;
        this.now = now;
    }

    /** What takes a request that begins, and may turn out to be none of these. */
    ResourceExchange.Listener access(
            final Agent agent,
            final HttpHead head,
            final boolean plain,
            final @Nullable Destination destination,
            final List<Credential> credentials) {
        return new Access(agent, head, plain, destination, credentials);
    }

    /** A request's URL as it is recorded; what is found in its path and query is added to {@code tags}. */
    static String masked(
            final RedactionEngine engine, final HttpHead head, final boolean plain, final Collection<String> tags) {
        try (ResourceUrl url = ResourceUrl.of(head, plain);
                Plaintext text = url.text()) {
            final Findings found = engine.findings(text, Findings.Unit.BYTES);
            if (found.unknown() != null) {
                tags.add(found.unknown());
                return url.without(found.unknown());
            }
            for (final Finding finding : found.list()) {
                if (url.isBehindHost(finding)) {
                    tags.add(finding.tag());
                }
            }
            return url.masked(found.list());
        }
    }

    private static String mode(final String method) {
        return switch (method) {
            case "GET", "HEAD", "OPTIONS", "QUERY" -> "read";
            case "PUT", "PATCH", "DELETE" -> "write";
            default -> "read_write";
        };
    }

    private final class Access implements ResourceExchange.Listener {
        private final Agent agent;
        private final TreeSet<String> tags = new TreeSet<>();
        private final String scheme;
        private final String
                uri; // masked at once: of many requests that wait for their kind to be known, none holds what it asks
        // for
        private final String mode;
        private final @Nullable String namedTrace;
        private final @Nullable Destination destination;
        private final List<Credential> credentials;
        private final UUID id = recorder.newId();
        private final Instant ts = now.get();
        private @Nullable Cause cause; // unset until it begins
        private Recorder.@Nullable Judged early;

        private Access(
                final Agent agent,
                final HttpHead head,
                final boolean plain,
                final @Nullable Destination destination,
                final List<Credential> credentials) {
            this.agent = agent;
            this.scheme = head.scheme(plain);
            this.uri = masked(recorder.engine(agent), head, plain, tags);
            this.mode = head.upgrade() == HttpHead.Upgrade.WEBSOCKET ? "read_write" : mode(head.method());
            this.namedTrace = head.traceId();
            this.destination = destination;
            this.credentials = credentials;
        }

        @Override
        public void begins() {
            final List<InFlight> serving =
                    agent.session().naming(agent.session().serving(agent), uri);
            final Cause place =
                    agent.session().ofResource(agent, serving, scheme).inTrace(namedTrace);
            cause = place;
            identities.asserted(agent, credentials, place.then(id), ts);
            early = recorder.judgeEarly(event(place, 0L, Completeness.COMPLETE), agent, place, destination);
        }

        @Override
        public void text(final Plaintext block) {
            try (block) {
                final RedactionEngine engine = recorder.engine(agent);
                tags.addAll(engine.sensitivity(block));
            }
        }

        @Override
        public void unread(final String why) {
            tags.add("unknown:" + why);
        }

        @Override
        public void ended(final ResourceExchange.Outcome outcome) {
            final Cause place = cause;
            if (place == null) {
                throw new IllegalStateException("it ended before it began");
            }
            final Completeness completeness = outcome.gap() == null
                    ? Completeness.COMPLETE
                    : Completeness.gap(outcome.missingBytes() < 0 ? null : outcome.missingBytes());
            final DataAccess event = event(place, outcome.counted() ? outcome.bytes() : null, completeness);
            recorder.judgeAndRecord(event, agent, place, destination, early);
            final Cause here = place.then(id);
            if (outcome.status() >= 400) {
                recorder.error(agent, here, now.get(), "data.http." + outcome.status());
            } else if (outcome.grpcStatus() > 0) {
                recorder.error(agent, here, now.get(), "data.grpc." + outcome.grpcStatus());
            }
            if (outcome.gap() != null) {
                recorder.gap(agent, here, id, outcome.gap(), ts, now.get(), outcome.missingBytes());
            }
        }

        private DataAccess event(final Cause place, final @Nullable Long bytes, final Completeness completeness) {
            final TreeMap<String, String> unknown = new TreeMap<>();
            unknown.put("row_count", "an answer over HTTP has bytes, not rows");
            if (bytes == null) {
                unknown.put("byte_count", "a body could not be decoded");
            }
            final Header header = recorder.header(id, agent, place, ts, completeness, Evidence.OBSERVED)
                    .withUnknown(unknown);
            return new DataAccess(header, uri, mode, null, bytes, List.copyOf(tags));
        }
    }
}
