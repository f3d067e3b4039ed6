package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.operator.cluster.Conditions;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What Prometheus sees of the operator; docs/monitoring.md describes each. */
final class OperatorMetrics implements Metrics {

    private final Counter reconciliations;
    private final Histogram duration;

    OperatorMetrics(PrometheusRegistry registry) {
        reconciliations = Counter.builder()
                .name("fourthlog_operator_reconciliations_total")
                .help("Reconciliations by kind of the primary resource and result.")
                .labelNames("kind", "result")
                .register(registry);
        duration = Histogram.builder()
                .name("fourthlog_operator_reconciliation_seconds")
                .help("Time of a reconciliation.")
                .labelNames("controller")
                .classicUpperBounds(0.001, 0.01, 0.1, 1, 10)
                .register(registry);
    }

    /** What the statuses of policies say, as gauges: what a status says to people, these say to alerts. */
    static void watch(PrometheusRegistry registry, Supplier<Stream<AgentAuditPolicy>> policies) {
        GaugeWithCallback.builder()
                .name("fourthlog_operator_policy_sensors")
                .help("Sensors of a policy: desired, ready (alive and reporting) and up_to_date (they run it).")
                .labelNames("policy", "state")
                .callback(callback -> policies.get().forEach(policy -> sensors(policy, callback)))
                .register(registry);
        GaugeWithCallback.builder()
                .name("fourthlog_operator_policy_stalled")
                .help("1 for a policy whose condition Stalled is true, with its reason.")
                .labelNames("policy", "reason")
                .callback(callback -> policies.get()
                        .forEach(policy -> stalled(policy)
                                .ifPresent(condition -> callback.call(1, id(policy), condition.getReason()))))
                .register(registry);
    }

    private static void sensors(AgentAuditPolicy policy, GaugeWithCallback.Callback callback) {
        AgentAuditPolicyStatus status = policy.getStatus();
        if (status != null && status.sensors() != null) {
            callback.call(status.sensors().desired(), id(policy), "desired");
            callback.call(status.sensors().ready(), id(policy), "ready");
            callback.call(status.sensors().upToDate(), id(policy), "up_to_date");
        }
    }

    private static Optional<Condition> stalled(AgentAuditPolicy policy) {
        AgentAuditPolicyStatus status = policy.getStatus();
        return status == null
                ? Optional.empty()
                : Conditions.find(status.conditions(), Conditions.STALLED)
                        .filter(condition -> condition.getStatus().equals("True"));
    }

    private static String id(AgentAuditPolicy policy) {
        return policy.getMetadata().getNamespace() + "/" + policy.getMetadata().getName();
    }

    @Override
    public void finishedReconciliation(HasMetadata resource, Map<String, Object> metadata) {
        reconciliations.labelValues(resource.getKind(), "success").inc();
    }

    @Override
    public void failedReconciliation(HasMetadata resource, Exception exception, Map<String, Object> metadata) {
        reconciliations.labelValues(resource.getKind(), "error").inc();
    }

    @Override
    public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
        long start = System.nanoTime();
        try {
            return execution.execute();
        } finally {
            duration.labelValues(execution.controllerName()).observe((System.nanoTime() - start) / 1e9);
        }
    }
}
