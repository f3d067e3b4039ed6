package io.fourthlog.sensor;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.policy.Stalled;
import io.fourthlog.sensor.pipeline.Forgotten;
import io.fourthlog.sensor.spool.Spool;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What Prometheus sees of a sensor; docs/sensor.md has the table. Counters have no exemplars: there is no span that one could point to,
 * and they cost a timer for each that is sampled.
 */
final class SensorMetrics {

    private static final String UNKNOWN = "unknown:"; // sensitivity of content that redaction dropped, and why

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter events = Counter.builder()
            .name("fourthlog_events_total")
            .help("Events recorded.")
            .labelNames("type")
            .withoutExemplars()
            .register(registry);
    private final Counter decisions = Counter.builder()
            .name("fourthlog_policy_decisions_total")
            .help("Policy decisions, and what became of their enforcement.")
            .labelNames("policy", "rule", "decision", "enforcement")
            .withoutExemplars()
            .register(registry);
    private final Counter gaps = Counter.builder()
            .name("fourthlog_gaps_total")
            .help("Blind spots that were recorded as events.")
            .labelNames("class")
            .withoutExemplars()
            .register(registry);

    private final Counter redactionDropped = Counter.builder()
            .name("fourthlog_redaction_dropped_total")
            .help("Contents that redaction could not classify, and dropped.")
            .labelNames("reason")
            .withoutExemplars()
            .register(registry);
    private final Counter promptClasses = Counter.builder()
            .name("fourthlog_prompt_classes_total")
            .help("Prompts that were classified, by which model.")
            .labelNames("classifier")
            .withoutExemplars()
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
        switch (event) {
            case ModelInvocation model -> {
                dropped(model.inputSensitivity());
                dropped(model.outputSensitivity());
                if (model.promptClass() != null) {
                    promptClasses
                            .labelValues(Objects.requireNonNullElse(model.promptClassifier(), "linear"))
                            .inc();
                }
            }
            case ToolInvocation tool -> dropped(tool.paramSensitivity());
            case DataAccess access -> dropped(access.sensitivityTagsResolved());
            default -> {} // carries no content
        }
    }

    private void dropped(List<String> sensitivity) {
        for (final String tag : sensitivity) {
            if (tag.startsWith(UNKNOWN)) {
                redactionDropped.labelValues(tag.substring(UNKNOWN.length())).inc();
            }
        }
    }

    void ring(IntSupplier bytes, LongSupplier dropped) {
        GaugeWithCallback.builder()
                .name("fourthlog_ring_bytes")
                .help("Size of the kernel's ring buffer; a larger one is there while much comes.")
                .callback(callback -> callback.call((double) bytes.getAsInt()))
                .register(registry);
        CounterWithCallback.builder()
                .name("fourthlog_ring_dropped_total")
                .help("Records that found the kernel's ring buffer full.")
                .callback(callback -> callback.call((double) dropped.getAsLong()))
                .register(registry);
    }

    void forgotten(Supplier<Forgotten> counts) {
        CounterWithCallback.builder()
                .name("fourthlog_behaviour_shed_total")
                .help("What rules about the past had to forget, because there was too much to remember.")
                .labelNames("what")
                .callback(callback -> {
                    final Forgotten forgotten = counts.get();
                    callback.call((double) forgotten.traces(), "traces");
                    callback.call((double) forgotten.sessions(), "sessions");
                    callback.call((double) forgotten.workloads(), "workloads");
                    callback.call((double) forgotten.names(), "names");
                })
                .register(registry);
    }

    void stalled(Supplier<List<Stalled>> rules) {
        GaugeWithCallback.builder()
                .name("fourthlog_policy_stalled")
                .help("How often a rule of the running config went over its budget, so that its failurePolicy decided.")
                .labelNames("policy", "rule")
                .callback(callback ->
                        rules.get().forEach(rule -> callback.call((double) rule.times(), rule.policyId(), rule.rule())))
                .register(registry);
    }

    void spool(IntSupplier waiting, Supplier<Optional<Spool.Disk>> disk) {
        GaugeWithCallback.builder()
                .name("fourthlog_spool_waiting_events")
                .help("Events in memory that are not on the node's disk yet; at 65536, or 32 MiB,"
                        + " the sensor waits.")
                .callback(callback -> callback.call((double) waiting.getAsInt()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("fourthlog_spool_free_bytes")
                .help("Free space where the sensor's log is, as far as the sensor may use it.")
                .callback(callback -> disk.get().ifPresent(there -> callback.call((double) there.free())))
                .register(registry);
        GaugeWithCallback.builder()
                .name("fourthlog_spool_size_bytes")
                .help("Size of the file system where the sensor's log is.")
                .callback(callback -> disk.get().ifPresent(there -> callback.call((double) there.size())))
                .register(registry);
    }

    void shipLag(LongSupplier unshipped) {
        GaugeWithCallback.builder()
                .name("fourthlog_ship_lag_events")
                .help("Events on this node that the collector does not have yet.")
                .callback(callback -> callback.call((double) unshipped.getAsLong()))
                .register(registry);
    }
}
