package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import org.junit.jupiter.api.Test;

final class OwnWritesTest {

    private final OwnWrites writes = new OwnWrites();

    @Test
    void onlyTheVersionThatWasWrittenIsAnEcho() {
        writes.applied(config("a", "7"));
        assertThat(writes.isEcho(config("a", "7"))).isTrue();
        assertThat(writes.isEcho(config("a", "8"))).as("somebody else's edit").isFalse();
        assertThat(writes.isEcho(config("b", "7"))).as("another object").isFalse();
    }

    @Test
    void whatOthersDeleteIsNoEchoEvenIfItWasWrittenHere() {
        writes.applied(config("a", "7"));
        assertThat(writes.isEchoOfDeletion(config("a", "7"))).isFalse();
        writes.deleted(config("a", "7"));
        assertThat(writes.isEchoOfDeletion(config("a", "9"))).isTrue();
    }

    @Test
    void theOldestIsForgottenFirst() {
        for (int i = 0; i <= 8192; i++) {
            writes.applied(config("a", Integer.toString(i)));
        }
        assertThat(writes.isEcho(config("a", "0"))).isFalse();
        assertThat(writes.isEcho(config("a", "1"))).isTrue();
    }

    private static ConfigMap config(String uid, String version) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withUid(uid)
                .withResourceVersion(version)
                .endMetadata()
                .build();
    }
}
