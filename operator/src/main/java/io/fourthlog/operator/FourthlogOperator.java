package io.fourthlog.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.operator.auditednamespace.AuditedNamespaceReconciler;
import io.fourthlog.operator.redactionprofile.RedactionProfileReconciler;
import io.fourthlog.operator.retentiontier.RetentionTierReconciler;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;

/** The operator as a whole: three reconcilers, one leader, health and metrics. */
public final class FourthlogOperator implements AutoCloseable {

    private static final String LEASE = "fourthlog-operator";
    private static final Duration GRACE = Duration.ofSeconds(5); // for reconciliations under way when it stops

    private final Operator operator;
    private final HealthServer health;
    private volatile boolean alive = true;

    /**
     * Registers everything and serves health; {@link #start} reconciles.
     *
     * @param client owned by this operator from now on
     * @throws StartException with the remedy when something that it needs is missing
     */
    public FourthlogOperator(KubernetesClient client, OperatorConfig config, Clock clock) {
        Preflight.check(client);
        PrometheusRegistry registry = new PrometheusRegistry();
        OperatorMetrics metrics = new OperatorMetrics(registry);
        operator = new Operator(overrider -> {
            overrider
                    .withKubernetesClient(client)
                    .withMetrics(metrics)
                    .withCloseClientOnStop(true)
                    .withReconciliationTerminationTimeout(GRACE)
                    .withCloneSecondaryResourcesWhenGettingFromCache(false); // observed objects are never changed
            if (config.leaderElection()) {
                overrider.withLeaderElectionConfiguration(
                        new LeaderElectionConfiguration(LEASE, config.systemNamespace()));
            }
        });
        Cluster cluster = new Cluster(client, clock);
        operator.register(new RedactionProfileReconciler(cluster), FourthlogOperator::retry);
        operator.register(new RetentionTierReconciler(cluster), FourthlogOperator::retry);
        AuditedNamespaceReconciler namespaces = new AuditedNamespaceReconciler(cluster, config);
        operator.register(namespaces, FourthlogOperator::retry);
        OperatorMetrics.watch(registry, namespaces::policies);
        try {
            health = new HealthServer(config.metricsPort(), registry, () -> alive, () -> alive && healthyIfStarted());
        } catch (BindException e) {
            throw new StartException(
                    "port " + config.metricsPort() + " is in use: free it, or set metricsPort to another", e);
        } catch (IOException e) {
            throw new StartException("port " + config.metricsPort() + " cannot be served: " + e.getMessage(), e);
        }
    }

    /** Returns when every cache is filled, or, with leader election, when it takes part in the election. */
    public void start() {
        operator.start();
    }

    /** Port of /metrics, /healthz and /readyz. */
    public int port() {
        return health.port();
    }

    @Override
    public void close() {
        alive = false;
        operator.stop();
        health.close();
    }

    /** A replica that waits for its turn is ready to take it. */
    private boolean healthyIfStarted() {
        return !operator.getRuntimeInfo().isStarted()
                || operator.getRuntimeInfo().allEventSourcesAreHealthy();
    }

    /** What fails here is the API server or the network, and heals; what does not is in a status, not an exception. */
    private static void retry(ControllerConfigurationOverrider<?> configuration) {
        configuration.withRetry(new GenericRetry()
                .setInitialInterval(Duration.ofMillis(200))
                .setIntervalMultiplier(2)
                .setMaxInterval(Duration.ofSeconds(30).toMillis())
                .withoutMaxAttempts());
    }
}
