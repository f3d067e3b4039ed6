package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.log.Contradiction;
import io.fourthlog.trail.folder.LogName;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What Prometheus sees of the collector; docs/trail.md describes each. */
final class TrailMetrics {

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter events = Counter.builder()
            .name("fourthlog_trail_events_total")
            .help("Events taken into a log.")
            .labelNames("log")
            .register(registry);
    private final Counter bytes = Counter.builder()
            .name("fourthlog_trail_bytes_total")
            .help("Bytes of the events that were taken into a log.")
            .labelNames("log")
            .register(registry);
    private final Counter batches = Counter.builder()
            .name("fourthlog_trail_batches_total")
            .help("Batches that were accepted.")
            .register(registry);
    private final Counter refused = Counter.builder()
            .name("fourthlog_trail_requests_refused_total")
            .help("Requests that were not served, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter conflicts = Counter.builder()
            .name("fourthlog_trail_conflicts_total")
            .help("Pushes in which a log contradicted its past: it was rewritten or rolled back.")
            .labelNames("log", "kind")
            .register(registry);
    private final Counter asked = Counter.builder()
            .name("fourthlog_trail_witness_requests_total")
            .help("Cosignatures that were asked of external witnesses, by what became of it.")
            .labelNames("witness", "result")
            .register(registry);
    private final Counter expired = Counter.builder()
            .name("fourthlog_trail_expired_leaves_total")
            .help("Leaves of a log that have expired and were dropped.")
            .labelNames("log")
            .register(registry);
    private final Gauge expiryRun = Gauge.builder()
            .name("fourthlog_trail_expiry_last_run_timestamp_seconds")
            .help("When it was last looked for what has expired.")
            .register(registry);
    private final Gauge expiryBlocked = Gauge.builder()
            .name("fourthlog_trail_expiry_blocked_logs")
            .help("Logs of which nothing expires at present, whatever its age, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter stamps = Counter.builder()
            .name("fourthlog_trail_timestamps_total")
            .help("Timestamps that were asked of an authority, by what became of it.")
            .labelNames("result")
            .register(registry);
    private final Gauge lastStamp = Gauge.builder()
            .name("fourthlog_trail_last_timestamp_seconds")
            .help("When the last timestamp was kept; 0 before the first.")
            .register(registry);
    private final Gauge certificateExpiry = Gauge.builder()
            .name("fourthlog_trail_certificate_expiry_timestamp_seconds")
            .help("When the collector's certificate expires.")
            .register(registry);

    TrailMetrics() {
        for (final Refusal refusal : Refusal.values()) {
            refused.initLabelValues(refusal.label());
        }
        for (final ExpiryPlan.Reason reason : ExpiryPlan.Reason.values()) {
            expiryBlocked.initLabelValues(reason.label());
        }
    }

    PrometheusRegistry registry() {
        return registry;
    }

    void watch(Mirrors mirrors) {
        GaugeWithCallback.builder()
                .name("fourthlog_trail_log_size")
                .help("Events in a log.")
                .labelNames("log")
                .callback(callback ->
                        mirrors.states().forEach((name, state) -> callback.call((double) state.size(), name.name())))
                .register(registry);
        GaugeWithCallback.builder()
                .name("fourthlog_trail_last_push_timestamp_seconds")
                .help("When a log was last pushed, since the collector started.")
                .labelNames("log")
                .callback(callback -> mirrors.states()
                        .forEach((name, state) ->
                                state.lastPush().ifPresent(at -> callback.call(seconds(at), name.name()))))
                .register(registry);
    }

    void accepted(LogName name, long newEvents, long newBytes) {
        batches.inc();
        events.labelValues(name.name()).inc(newEvents);
        bytes.labelValues(name.name()).inc(newBytes);
    }

    void refused(Refusal refusal) {
        refused.labelValues(refusal.label()).inc();
    }

    void conflict(LogName name, Contradiction found) {
        conflicts.labelValues(name.name(), found.kind()).inc();
    }

    void asked(String witness, TlogWitness.Result result) {
        asked.labelValues(witness, result.label()).inc();
    }

    void expired(LogName name, long leaves) {
        expired.labelValues(name.name()).inc(leaves);
    }

    void expiryRan(Instant at, Map<ExpiryPlan.Reason, Integer> blocked) {
        for (final ExpiryPlan.Reason reason : ExpiryPlan.Reason.values()) {
            expiryBlocked.labelValues(reason.label()).set(blocked.getOrDefault(reason, 0));
        }
        expiryRun.set(seconds(at));
    }

    void stamped(Timestamper.Result result, Instant now) {
        stamps.labelValues(result.label()).inc();
        if (result == Timestamper.Result.STAMPED) {
            lastStamp.set(seconds(now));
        }
    }

    void certificateExpires(Instant at) {
        certificateExpiry.set(seconds(at));
    }

    private static double seconds(Instant at) {
        return at.toEpochMilli() / (double) TimeUnit.SECONDS.toMillis(1);
    }
}
