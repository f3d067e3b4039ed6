package io.fourthlog.operator;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.monitoring.MonitoringServer;
import io.fourthlog.operator.auditednamespace.AuditedNamespaceReconciler;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.Installation;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.SlimStore;
import io.fourthlog.operator.cluster.StartException;
import io.fourthlog.operator.openreports.ReportWriter;
import io.fourthlog.operator.redactionprofile.RedactionProfileReconciler;
import io.fourthlog.operator.retentiontier.RetentionTierReconciler;
import io.fourthlog.operator.webhook.AdmissionServer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator as a whole: three reconcilers, one leader, health and metrics, and the webhook if it is wanted. */
final class FourthlogOperator implements AutoCloseable {

    private static final String LEASE = "fourthlog-operator";

    /** What is before the slash is the field manager of what is created and not applied. */
    private static final String USER_AGENT = Cluster.FIELD_MANAGER + "/0.1.0";

    private static final Duration GRACE = Duration.ofSeconds(5); // for reconciliations under way when it stops

    private static final Logger LOG = LoggerFactory.getLogger(FourthlogOperator.class);

    private final KubernetesClient client;
    private final OperatorConfig config;
    private final String identity = Objects.requireNonNullElse(System.getenv("POD_NAME"), "operator") + "-"
            + UUID.randomUUID(); // never that of a replica that crashed
    private final Operator operator;
    private final AuditedNamespaceReconciler namespaces;
    private final @Nullable Election election;
    private final MonitoringServer monitoring;
    private final @Nullable AdmissionServer admission;
    private final @Nullable ReportWriter reports;
    private volatile boolean alive = true;

    /** A client as the operator wants it. */
    static KubernetesClient client(Config config) {
        ObjectMapper mapper = new ObjectMapper();
        mapper.configOverride(List.class) // a list of metadata is null when it is empty
                .setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY));
        return new KubernetesClientBuilder()
                .withKubernetesSerialization(new KubernetesSerialization(mapper, true))
                .withConfig(new ConfigBuilder(config).withUserAgent(USER_AGENT).build())
                .withHttpClientBuilderConsumer(
                        http -> http.addOrReplaceInterceptor(MetadataOnly.NAME, new MetadataOnly()))
                .build();
    }

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
        operator = new Operator(overrider -> overrider
                .withKubernetesClient(client)
                .withMetrics(metrics)
                .withCloseClientOnStop(false) // the Lease is given back with it, afterwards
                .withReconciliationTerminationTimeout(GRACE)
                .withCloneSecondaryResourcesWhenGettingFromCache(false)); // observed objects are never changed
        Installation installation = new Installation(client, clock);
        election = config.leaderElection() ? election(clock, installation, leadershipLost) : null;
        Cluster cluster = new Cluster(client, clock);
        admission = config.webhook() == null ? null : AdmissionServer.start(cluster, config, config.webhook());
        operator.register(new RedactionProfileReconciler(cluster), FourthlogOperator::configure);
        operator.register(
                new RetentionTierReconciler(cluster, config.systemNamespace(), installation),
                FourthlogOperator::configure);
        namespaces = new AuditedNamespaceReconciler(cluster, config, installation);
        operator.register(namespaces, FourthlogOperator::configure);
        OperatorMetrics.watch(registry, namespaces::policies);
        reports = config.openreports() == null
                ? null
                : ReportWriter.start(
                        cluster,
                        installation,
                        namespaces::observed,
                        Duration.ofSeconds(config.openreports().seconds()));
        try {
            monitoring = MonitoringServer.start(
                    new InetSocketAddress(config.metricsPort()), // on every address: who asks is outside the pod
                    registry,
                    () -> alive ? List.of() : List.of("it is stopping"),
                    this::obstacles);
        } catch (BindException e) {
            throw new StartException(
                    "port " + config.metricsPort() + " is in use: free it, or set metricsPort to another", e);
        } catch (IOException e) {
            throw new StartException("port " + config.metricsPort() + " cannot be served: " + e.getMessage(), e);
        }
    }

    /** Returns when every cache is filled, or, with leader election, when it takes part in the election. */
    public void start() {
        if (election == null) {
            operator.start();
        } else {
            election.start();
        }
    }

    /** Port at which the API server asks, when it does. */
    public Optional<Integer> webhookPort() {
        return Optional.ofNullable(admission).map(AdmissionServer::port);
    }

    /** Port of /metrics, /healthz and /readyz. */
    public int port() {
        return monitoring.port();
    }

    @Override
    public void close() {
        alive = false;
        if (admission != null) {
            admission.close(); // before the client, which it asks with
        }
        if (election != null) {
            election.withdraw(GRACE); // what is still starting cannot be stopped
        }
        namespaces.retire();
        if (reports != null) {
            reports.close(); // after what it reads was retired, and before the client
        }
        operator.stop();
        if (election != null) {
            election.release(); // after the last write
        }
        monitoring.close();
        client.close();
    }

    /** A replica that waits for its turn is ready to take it. */
    private List<String> obstacles() {
        if (!alive) {
            return List.of("it is stopping");
        }
        RuntimeInfo info = operator.getRuntimeInfo();
        return !info.isStarted() || info.allEventSourcesAreHealthy()
                ? List.of()
                : List.of("an informer is not healthy");
    }

    private Election election(Clock clock, Installation installation, Runnable leadershipLost) {
        Runnable end = () -> {
            if (alive) {
                leadershipLost.run();
            }
        };
        return new Election(
                client,
                config.systemNamespace(),
                LEASE,
                identity,
                installation,
                clock,
                () -> {
                    try {
                        operator.start();
                    } catch (RuntimeException e) { // another replica may be luckier
                        LOG.error("this replica leads and cannot start", e);
                        end.run();
                    }
                },
                end);
    }

    private static <T extends HasMetadata> void configure(ControllerConfigurationOverrider<T> configuration) {
        configuration.withItemStore(new SlimStore<>());
        // What fails here is the API server or the network, and heals; what does not is in a status, not an exception.
        configuration.withRetry(new GenericRetry()
                .setInitialInterval(Duration.ofMillis(200))
                .setIntervalMultiplier(2)
                .setMaxInterval(Duration.ofSeconds(30).toMillis())
                .withoutMaxAttempts());
    }
}
