package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator's writes to the API server: server-side apply under one field manager, deletes, Kubernetes Events. */
public final class Cluster {

    public static final String FIELD_MANAGER = "fourthlog-operator";

    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .withForce(true) // our fields are ours: a hand edit of them is undone
            .build();
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int NOTE_CHARACTERS = 1024; // limit of events.k8s.io/v1

    private final KubernetesClient client;
    private final Clock clock;

    public Cluster(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
    }

    public KubernetesClient client() {
        return client;
    }

    public Clock clock() {
        return clock;
    }

    public <T extends HasMetadata> T apply(T desired) {
        return client.resource(desired).patch(APPLY, desired);
    }

    /** Deletes an object if it still is the one that was observed. */
    public void delete(HasMetadata observed) {
        client.resource(observed).delete();
    }

    /** Writes the status of an object that has nothing else set; one that was deleted meanwhile needs none. */
    public <T extends CustomResource<?, ?>> void applyStatus(T bare) {
        try {
            client.resource(bare).subresource("status").patch(APPLY, bare);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }

    /**
     * Tells people about an object through {@code kubectl describe}; cluster-scoped objects' events are in {@code default}. The status
     * says the same, so an Event that the API server does not take is logged and not tried again.
     */
    public void warn(HasMetadata regarding, String reason, String note) {
        String namespace = regarding.getMetadata().getNamespace();
        Event event = new EventBuilder()
                .withNewMetadata()
                .withGenerateName(regarding.getMetadata().getName() + "-")
                .withNamespace(namespace == null ? "default" : namespace)
                .endMetadata()
                .withEventTime(new MicroTime(MICROSECONDS.format(clock.instant())))
                .withReportingController("fourthlog.io/operator")
                .withReportingInstance(FIELD_MANAGER)
                .withAction("Reconcile")
                .withType("Warning")
                .withReason(reason)
                .withNote(note.length() <= NOTE_CHARACTERS ? note : note.substring(0, NOTE_CHARACTERS - 1) + "…")
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion(regarding.getApiVersion())
                        .withKind(regarding.getKind())
                        .withNamespace(namespace)
                        .withName(regarding.getMetadata().getName())
                        .withUid(regarding.getMetadata().getUid())
                        .build())
                .build();
        try {
            client.resource(event).create();
        } catch (KubernetesClientException e) {
            LOG.warn(
                    "the Event {} of {} was not taken: {}",
                    reason,
                    regarding.getMetadata().getName(),
                    e.getMessage());
        }
    }
}
