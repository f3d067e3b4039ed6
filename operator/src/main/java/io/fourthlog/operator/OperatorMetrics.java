package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;

/** Counts reconciliations by the kind of their primary resource, for Prometheus. */
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
