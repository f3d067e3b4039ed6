package io.fourthlog.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator's writes to the API server: server-side apply under one field manager, deletes, Kubernetes Events. */
public final class Cluster {

    public static final String FIELD_MANAGER = "fourthlog-operator";

    private static final String CONTROLLER = "fourthlog.io/operator";

    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .withForce(true) // our fields are ours: a hand edit of them is undone
            .build();
    private static final PatchContext MERGE = new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager(FIELD_MANAGER)
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

    /** Applies an object of a kind that others define. */
    public void apply(ResourceDefinitionContext kind, GenericKubernetesResource desired) {
        client.genericKubernetesResources(kind)
                .inNamespace(desired.getMetadata().getNamespace())
                .resource(desired)
                .patch(APPLY, desired);
    }

    /**
     * Makes an object that is not there, which costs the API server less than to apply it. Its field manager is what the client's user agent
     * begins with.
     *
     * @return empty when it is there after all
     */
    public <T extends HasMetadata> Optional<T> create(T desired) {
        try {
            return Optional.of(client.resource(desired).create());
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** Sets one annotation, which costs the API server half of what it costs to apply the object. */
    public DaemonSet annotate(DaemonSet observed, String annotation, String value) {
        DaemonSet bare = new DaemonSetBuilder() // the client copies it
                .withNewMetadata()
                .withName(observed.getMetadata().getName())
                .withNamespace(observed.getMetadata().getNamespace())
                .endMetadata()
                .build();
        return client.resource(bare)
                .patch(
                        MERGE,
                        client.getKubernetesSerialization()
                                .asJson(Map.of("metadata", Map.of("annotations", Map.of(annotation, value)))));
    }

    /** Deletes an object if it still is the one that was observed. */
    public void delete(HasMetadata observed) {
        client.resource(observed).delete();
    }

    /**
     * Writes the status of an object that has nothing else set; one that was deleted meanwhile needs none.
     *
     * @return the object as it is now; empty when it was deleted
     */
    public <T extends CustomResource<?, ?>> Optional<T> applyStatus(T bare) {
        try {
            return Optional.of(client.resource(bare).subresource("status").patch(APPLY, bare));
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Tells people of a denial, at the pod that did it and at the policy that denied it. The same denial of the same pod is one Event
     * with a count, which the API server drops an hour after the last; nothing of the event's content is in it.
     */
    public void denied(AgentAuditPolicy policy, Violation violation) {
        ObjectReference about = reference(policy);
        String note = "The rule " + violation.rule() + " of the policy " + about.getNamespace() + "/" + about.getName()
                + " denied what the pod " + violation.namespace() + "/" + violation.pod()
                + " did; the trail has the decisions, \"fourthlog trace\" shows them.";
        applyEvent(violation, about, null, note);
        Pod pod = client.pods()
                .inNamespace(violation.namespace())
                .withName(violation.pod())
                .get();
        if (pod != null) { // one that is gone is described by nobody
            applyEvent(violation, reference(pod), about, note);
        }
    }

    private void applyEvent(
            Violation violation, ObjectReference regarding, @Nullable ObjectReference related, String note) {
        // All but the series of an Event is immutable, and its name says what it is about.
        CRC32C key = new CRC32C();
        key.update((note + regarding.getUid() + violation.firstSeen()).getBytes(UTF_8));
        EventBuilder event = new EventBuilder()
                .withNewMetadata()
                .withName(regarding.getName() + "." + Long.toHexString(key.getValue()))
                .withNamespace(regarding.getNamespace())
                .endMetadata()
                .withEventTime(new MicroTime(MICROSECONDS.format(Instant.parse(violation.firstSeen()))))
                .withReportingController(CONTROLLER)
                .withReportingInstance(FIELD_MANAGER)
                .withAction("Deny")
                .withType("Warning")
                .withReason("Denied")
                .withNote(note)
                .withRegarding(regarding)
                .withRelated(related);
        if (violation.count() > 1) {
            event.withNewSeries()
                    .withCount((int) Math.min(violation.count(), Integer.MAX_VALUE))
                    .withLastObservedTime(new MicroTime(MICROSECONDS.format(Instant.parse(violation.lastSeen()))))
                    .endSeries();
        }
        try {
            apply(event.build());
        } catch (KubernetesClientException e) {
            LOG.warn("the Event Denied of {} was not taken: {}", regarding.getName(), e.getMessage());
        }
    }

    private static ObjectReference reference(HasMetadata object) {
        return new ObjectReferenceBuilder()
                .withApiVersion(object.getApiVersion())
                .withKind(object.getKind())
                .withNamespace(object.getMetadata().getNamespace())
                .withName(object.getMetadata().getName())
                .withUid(object.getMetadata().getUid())
                .build();
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
                .withReportingController(CONTROLLER)
                .withReportingInstance(FIELD_MANAGER)
                .withAction("Reconcile")
                .withType("Warning")
                .withReason(reason)
                .withNote(note.length() <= NOTE_CHARACTERS ? note : note.substring(0, NOTE_CHARACTERS - 1) + "…")
                .withRegarding(reference(regarding))
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
