package io.fourthlog.sensor;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.ship.Shipper;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Objects;

/** What Prometheus sees of a sensor; docs/metrics describe each. */
final class SensorMetrics {

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter events = Counter.builder()
            .name("fourthlog_events_total")
            .help("Events recorded.")
            .labelNames("type")
            .register(registry);
    private final Counter decisions = Counter.builder()
            .name("fourthlog_policy_decisions_total")
            .help("Policy decisions, and what became of their enforcement.")
            .labelNames("policy", "rule", "decision", "enforcement")
            .register(registry);
    private final Counter gaps = Counter.builder()
            .name("fourthlog_gaps_total")
            .help("Blind spots that were recorded as events.")
            .labelNames("class")
            .register(registry);

    PrometheusRegistry registry() {
        return registry;
    }

    void recorded(Event event) {
        events.labelValues(event.type().wire()).inc();
        if (event instanceof PolicyDecision decision) {
            decisions
                    .labelValues(
                            decision.policyId(),
                            Objects.requireNonNullElse(decision.ruleFired(), ""),
                            decision.decision().wire(),
                            decision.enforcement().wire())
                    .inc();
        }
        if (event instanceof ErrorEvent error && error.errorClass().startsWith("sensor.gap.")) {
            gaps.labelValues(error.errorClass()).inc();
        }
    }

    void watch(Kernel kernel) {
        CounterWithCallback.builder()
                .name("fourthlog_ring_dropped_total")
                .help("Records that found the kernel's ring buffer full.")
                .callback(callback -> callback.call((double) kernel.counters().lostRecords()))
                .register(registry);
    }

    void watch(Shipper shipper) {
        GaugeWithCallback.builder()
                .name("fourthlog_ship_lag_events")
                .help("Events on this node that the collector does not have yet.")
                .callback(callback -> callback.call((double) shipper.lag()))
                .register(registry);
    }
}
