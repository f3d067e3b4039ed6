package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fourthlog.operator.auditednamespace.AuditedNamespaceReconciler;
import io.fourthlog.operator.redactionprofile.RedactionProfileReconciler;
import io.fourthlog.operator.retentiontier.RetentionTierReconciler;
import io.fourthlog.operator.webhook.AdmissionServer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator as a whole: three reconcilers, one leader, health and metrics, and the webhook if it is wanted. */
public final class FourthlogOperator implements AutoCloseable {

    private static final String LEASE = "fourthlog-operator";
    private static final Duration GRACE = Duration.ofSeconds(5); // for reconciliations under way when it stops

    private static final Logger LOG = LoggerFactory.getLogger(FourthlogOperator.class);

    private final KubernetesClient client;
    private final OperatorConfig config;
    private final String identity = Objects.requireNonNullElse(System.getenv("POD_NAME"), "operator") + "-"
            + UUID.randomUUID(); // never that of a replica that crashed
    private final Operator operator;
    private final HealthServer health;
    private final @Nullable AdmissionServer admission;
    private volatile boolean alive = true;

    /**
     * Registers everything and serves health; {@link #start} reconciles.
     *
     * @param client owned by this operator from now on
     * @param leadershipLost is run when another replica leads, after which this one must not write any more: the process has to end
     * @throws StartException with the remedy when something that it needs is missing
     */
    public FourthlogOperator(KubernetesClient client, OperatorConfig config, Clock clock, Runnable leadershipLost) {
        this.client = client;
        this.config = config;
        Preflight.check(client);
        PrometheusRegistry registry = new PrometheusRegistry();
        OperatorMetrics metrics = new OperatorMetrics(registry);
        operator = new Operator(overrider -> {
            overrider
                    .withKubernetesClient(client)
                    .withMetrics(metrics)
                    .withCloseClientOnStop(false) // the Lease is given back with it, afterwards
                    .withReconciliationTerminationTimeout(GRACE)
                    .withCloneSecondaryResourcesWhenGettingFromCache(false); // observed objects are never changed
            if (config.leaderElection()) {
                overrider.withLeaderElectionConfiguration(election(config, leadershipLost));
            }
        });
        Cluster cluster = new Cluster(client, clock);
        admission = config.webhook() == null ? null : AdmissionServer.start(cluster, config, config.webhook());
        operator.register(new RedactionProfileReconciler(cluster), FourthlogOperator::retry);
        operator.register(new RetentionTierReconciler(cluster, config.systemNamespace()), FourthlogOperator::retry);
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

    /** Port at which the API server asks, when it does. */
    public Optional<Integer> webhookPort() {
        return Optional.ofNullable(admission).map(AdmissionServer::port);
    }

    /** Port of /metrics, /healthz and /readyz. */
    public int port() {
        return health.port();
    }

    @Override
    public void close() {
        alive = false;
        if (admission != null) {
            admission.close(); // before the client, which it asks with
        }
        operator.stop();
        release();
        health.close();
        client.close();
    }

    /** Gives the Lease back, if this replica leads, so that the next one does not wait until it runs out. */
    private void release() {
        try {
            Lease lease = client.leases()
                    .inNamespace(config.systemNamespace())
                    .withName(LEASE)
                    .get();
            if (lease != null && identity.equals(lease.getSpec().getHolderIdentity())) {
                lease.getSpec().setHolderIdentity("");
                client.resource(lease).update(); // refused if somebody else has taken it meanwhile
            }
        } catch (KubernetesClientException e) {
            LOG.warn("the Lease was not given back, so the next replica waits for its end: {}", e.getMessage());
        }
    }

    /** A replica that waits for its turn is ready to take it. */
    private boolean healthyIfStarted() {
        return !operator.getRuntimeInfo().isStarted()
                || operator.getRuntimeInfo().allEventSourcesAreHealthy();
    }

    /** One of several replicas. The framework's own way to end the process would wait for ever inside of a shutdown that has begun. */
    private LeaderElectionConfiguration election(OperatorConfig config, Runnable leadershipLost) {
        LeaderCallbacks callbacks = new LeaderCallbacks(
                () -> LOG.info("this replica leads"),
                () -> {
                    if (alive) {
                        LOG.error("another replica leads, or the API server did not answer in time");
                        leadershipLost.run();
                    }
                },
                leader -> LOG.info("{} leads", leader.isEmpty() ? "nobody" : leader));
        return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
                .withLeaseNamespace(config.systemNamespace())
                .withIdentity(identity)
                .withLeaderCallbacks(callbacks)
                .withExitOnStopLeading(false)
                .build();
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
