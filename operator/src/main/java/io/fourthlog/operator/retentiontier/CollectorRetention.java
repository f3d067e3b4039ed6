package io.fourthlog.operator.retentiontier;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fourthlog.api.Names;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.api.RetentionTierStatus.Effective;
import io.fourthlog.operator.cluster.Cluster;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What all tiers ask for, as the collector reads it before it drops anything: a ConfigMap that the chart mounts. A tier that is not
 * accepted is not in it, and of a tier that is not in it nothing expires.
 *
 * <pre>{"tiers":[{"name":"pci","legalHold":false,"cold":{"tool_invocation":{"days":366,"decidedBy":"PCI DSS 4.0 requirement 10.5.1"},…}}]}</pre>
 */
final class CollectorRetention {

    static final String NAME = "fourthlog-retention";
    static final String KEY = "retention.json";

    /** By which it is told from the configs of sensors. */
    static final Map<String, String> LABELS = Map.of(
            "app.kubernetes.io/part-of",
            "fourthlog",
            Names.MANAGED_BY_LABEL,
            Cluster.FIELD_MANAGER,
            Names.COMPONENT_LABEL,
            "collector");

    private static final JsonMapper JSON = new JsonMapper();

    private CollectorRetention() {}

    static ConfigMap of(Stream<RetentionTier> tiers, String systemNamespace, Optional<OwnerReference> owner) {
        ObjectNode document = JSON.createObjectNode();
        document.putArray("tiers");
        tiers.sorted(Comparator.comparing(tier -> tier.getMetadata().getName())).forEach(tier -> add(document, tier));
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(NAME)
                .withNamespace(systemNamespace)
                .withLabels(LABELS)
                .addToAnnotations(Map.of()) // which Drift adds to
                .withOwnerReferences(owner.stream().toList())
                .endMetadata()
                .withData(Map.of(KEY, document.toString()))
                .build();
    }

    private static void add(ObjectNode document, RetentionTier tier) {
        if (!(TierResolver.resolve(tier.getSpec()) instanceof TierResolution.Resolved resolved)) {
            return;
        }
        ObjectNode entry = document.withArray("tiers").addObject();
        entry.put("name", tier.getMetadata().getName())
                .put("legalHold", tier.getSpec().held());
        for (Effective effective : resolved.effective()) {
            entry.withObject("cold")
                    .putObject(effective.eventType().wire())
                    .put("days", effective.cold().days())
                    .put("decidedBy", effective.coldDecidedBy());
        }
    }
}
