package io.fourthlog.operator.openreports;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.Names;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.Installation;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one Report in each namespace in which something was denied or flagged, from the statuses of the policies. However much is denied, that
 * is one object and one request in each interval, and none while nothing changes. Only the replica that leads writes.
 */
public final class ReportWriter implements AutoCloseable {

    private static final String NAME = "fourthlog";
    private static final String CHECKSUM = "fourthlog.io/applied"; // of the content, so that a restart writes nothing
    private static final ResourceDefinitionContext KIND = new ResourceDefinitionContext.Builder()
            .withGroup("openreports.io")
            .withVersion("v1alpha1")
            .withKind("Report")
            .withPlural("reports")
            .withNamespaced(true)
            .build();
    private static final String API_VERSION = KIND.getGroup() + "/" + KIND.getVersion();
    private static final Duration GRACE = Duration.ofSeconds(5); // for a write under way when it stops

    private static final Logger LOG = LoggerFactory.getLogger(ReportWriter.class);

    private final Cluster cluster;
    private final Installation installation;
    private final Supplier<Optional<List<AgentAuditPolicy>>> policies;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("openreports").factory());

    // Confined to the timer's thread.
    private @Nullable Map<String, String> written; // checksums by namespace; null while it is not known what there is
    private boolean told; // that the kind is missing

    private ReportWriter(
            Cluster cluster, Installation installation, Supplier<Optional<List<AgentAuditPolicy>>> policies) {
        this.cluster = cluster;
        this.installation = installation;
        this.policies = policies;
    }

    /**
     * Writes from now on.
     *
     * @param policies as last seen; empty while this replica does not lead
     * @param interval between two writes of a Report
     */
    public static ReportWriter start(
            Cluster cluster,
            Installation installation,
            Supplier<Optional<List<AgentAuditPolicy>>> policies,
            Duration interval) {
        ReportWriter writer = new ReportWriter(cluster, installation, policies);
        ScheduledFuture<?> _ = writer.timer.scheduleWithFixedDelay(
                writer::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
        return writer;
    }

    private void look() {
        try {
            Optional<List<AgentAuditPolicy>> now = policies.get();
            if (now.isPresent()) {
                write(Summaries.of(now.get()));
            }
        } catch (RuntimeException e) { // the timer would not run again
            LOG.warn("the Reports were not written, trying again: {}", e.getMessage());
        }
    }

    private void write(Map<String, Report> wanted) {
        if (written == null) {
            written = find();
        }
        Map<String, String> known = written;
        if (known == null) {
            return;
        }
        wanted.forEach((namespace, report) -> {
            String checksum = checksum(report);
            if (!checksum.equals(known.get(namespace)) && tried(namespace, () -> apply(namespace, report, checksum))) {
                known.put(namespace, checksum);
            }
        });
        for (String namespace : Set.copyOf(known.keySet())) {
            if (!wanted.containsKey(namespace) && tried(namespace, () -> delete(namespace))) {
                known.remove(namespace);
            }
        }
    }

    /** What is there of ours; null when nobody has installed the kind. */
    private @Nullable Map<String, String> find() {
        try {
            Map<String, String> found = cluster
                    .client()
                    .genericKubernetesResources(KIND)
                    .inAnyNamespace()
                    .withLabel(Names.MANAGED_BY_LABEL, Cluster.FIELD_MANAGER)
                    .list()
                    .getItems()
                    .stream()
                    .collect(Collectors.toMap(
                            report -> report.getMetadata().getNamespace(),
                            report -> report.getMetadata().getAnnotations().getOrDefault(CHECKSUM, ""),
                            (one, other) -> "", // somebody gave another one our label
                            HashMap::new));
            told = false;
            return found;
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            if (!told) {
                LOG.warn("no Report is written: the CustomResourceDefinition reports.openreports.io is missing. Install"
                        + " it (github.com/openreports/reports-api), or set reports.openreports.enabled to false");
                told = true;
            }
            return null;
        }
    }

    /** Whether it succeeded; one namespace that is on its way out, or has a quota, must not keep the others waiting. */
    private boolean tried(String namespace, Runnable write) {
        try {
            write.run();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                written = null; // the namespace is gone, or the kind is
            }
            LOG.warn("the Report of the namespace {} was not written, trying again: {}", namespace, e.getMessage());
            return false;
        }
    }

    private void apply(String namespace, Report report, String checksum) {
        GenericKubernetesResource object = new GenericKubernetesResource();
        object.setApiVersion(API_VERSION);
        object.setKind(KIND.getKind());
        object.setMetadata(new ObjectMetaBuilder()
                .withName(NAME)
                .withNamespace(namespace)
                .addToLabels("app.kubernetes.io/part-of", "fourthlog")
                .addToLabels(Names.MANAGED_BY_LABEL, Cluster.FIELD_MANAGER)
                .addToAnnotations(CHECKSUM, checksum)
                .withOwnerReferences(installation.owner().stream().toList())
                .build());
        object.setAdditionalProperty("source", report.source());
        object.setAdditionalProperty("scope", report.scope());
        object.setAdditionalProperty("summary", report.summary());
        object.setAdditionalProperty("results", report.results());
        cluster.apply(KIND, object);
    }

    private void delete(String namespace) {
        cluster.client()
                .genericKubernetesResources(KIND)
                .inNamespace(namespace)
                .withName(NAME)
                .delete();
    }

    private String checksum(Report report) {
        CRC32C checksum = new CRC32C(); // notices changes; not a defence
        checksum.update(
                cluster.client().getKubernetesSerialization().asJson(report).getBytes(UTF_8));
        return Long.toHexString(checksum.getValue());
    }

    /** Returns when nothing is being written any more. */
    @Override
    public void close() {
        timer.shutdown();
        try {
            if (!timer.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("it ends in the middle of a write of a Report");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
