package io.fourthlog.operator.cluster;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What everything that the operator makes is owned by: its own ClusterRole, which is of the cluster, so that objects in any namespace can
 * be, and which every way to install Fourthlog brings and every way to remove it takes. So the cluster's own garbage collection removes
 * what the operator made, when no operator is left that could.
 */
public final class Installation {

    private static final String CLUSTER_ROLE = "fourthlog-operator";
    private static final Duration KNOWN =
            Duration.ofMinutes(1); // it changes when somebody installs anew under a running operator

    private static final Logger LOG = LoggerFactory.getLogger(Installation.class);

    private final KubernetesClient client;
    private final Clock clock;
    private Optional<OwnerReference> owner = Optional.empty(); // guarded by this, as is the other
    private Instant askedAt = Instant.EPOCH;

    public Installation(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
    }

    /** Empty where an operator runs that nobody installed, as on a developer's machine: then nothing is removed with it. */
    public synchronized Optional<OwnerReference> owner() {
        Instant now = clock.instant();
        if (Duration.between(askedAt, now).compareTo(KNOWN) >= 0) {
            owner = ask();
            askedAt = now;
        }
        return owner;
    }

    private Optional<OwnerReference> ask() {
        try {
            ClusterRole role =
                    client.rbac().clusterRoles().withName(CLUSTER_ROLE).get();
            return Optional.ofNullable(role)
                    .map(found -> new OwnerReferenceBuilder()
                            .withApiVersion(found.getApiVersion())
                            .withKind(found.getKind())
                            .withName(CLUSTER_ROLE)
                            .withUid(found.getMetadata().getUid())
                            .build());
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
                throw e;
            }
            LOG.warn("what is made now will outlive an uninstallation: {}", e.getMessage());
            return Optional.empty();
        }
    }
}
