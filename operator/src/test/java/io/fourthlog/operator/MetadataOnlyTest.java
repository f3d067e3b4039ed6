package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fourthlog.api.Names;
import io.fourthlog.operator.cluster.SlimStore;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetadataOnlyTest {

    private static final String LABEL = Names.NAMESPACE_LABEL;
    private static final String OTHER_LABEL = "other";

    @Test
    void ofConfigsTheMetadataIsListedAndWatchedAndOfOtherConfigMapsAll() {
        try (KubernetesClient client =
                        FourthlogOperator.client(SharedApiServer.get().config("test"));
                SharedIndexInformer<ConfigMap> configs = informer(client, LABEL);
                SharedIndexInformer<ConfigMap> others = informer(client, OTHER_LABEL)) {
            make(client, "listed");
            configs.run();
            others.run();
            make(client, "watched");
            await().until(() -> configs.getStore().list().size() == 2
                    && others.getStore().list().size() == 2);
            assertThat(configs.getStore().list()).allSatisfy(map -> {
                assertThat(map.getKind()).isEqualTo("ConfigMap");
                assertThat(map.getMetadata().getLabels()).containsEntry(LABEL, "metadata-only");
                assertThat(map.getData()).isEmpty();
            });
            assertThat(others.getStore().list())
                    .allSatisfy(map -> assertThat(map.getData()).containsEntry("key", "value"));
            for (String name : List.of("metadata-only-listed", "metadata-only-watched")) {
                var one = client.configMaps().inNamespace("default").withName(name);
                assertThat(one.require().getData()).containsEntry("key", "value");
                one.delete();
            }
            await().until(() -> configs.getStore().list().isEmpty());
        }
    }

    private static SharedIndexInformer<ConfigMap> informer(KubernetesClient client, String label) {
        return client.configMaps()
                .inNamespace("default")
                .withLabel(label, "metadata-only")
                .runnableInformer(0)
                .itemStore(new SlimStore<>());
    }

    private static void make(KubernetesClient client, String name) {
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("metadata-only-" + name)
                        .withNamespace("default")
                        .withLabels(Map.of(LABEL, "metadata-only", OTHER_LABEL, "metadata-only"))
                        .endMetadata()
                        .withImmutable(true)
                        .withData(Map.of("key", "value"))
                        .build())
                .create();
    }
}
