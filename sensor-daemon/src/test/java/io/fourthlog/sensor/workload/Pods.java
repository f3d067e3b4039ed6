package io.fourthlog.sensor.workload;

import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.Map;

/** Pods as the API server gives them, for the tests of this package. */
final class Pods {

    static final String UID = "1f2e3d4c-aaaa-bbbb-cccc-0123456789ab";
    static final String MAIN_ID = "0a1b2c3d".repeat(8);

    private Pods() {}

    static Pod owned(String kind, String owner, Map<String, String> labels) {
        return new PodBuilder(bare(labels))
                .editMetadata()
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withKind(kind)
                        .withName(owner)
                        .withController(true)
                        .build())
                .endMetadata()
                .build();
    }

    static Pod bare(Map<String, String> labels) {
        return new PodBuilder()
                .withNewMetadata()
                .withUid(UID)
                .withNamespace("support")
                .withName("agent-7f9c-x2")
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("agent")
                .addNewContainer()
                .withName("main")
                .endContainer()
                .addNewContainer()
                .withName("sidecar")
                .endContainer()
                .endSpec()
                .build();
    }

    static Pod started(Pod pod) {
        return new PodBuilder(pod)
                .withNewStatus()
                .withContainerStatuses(new ContainerStatusBuilder()
                        .withName("main")
                        .withContainerID("containerd://" + MAIN_ID)
                        .build())
                .endStatus()
                .build();
    }
}
