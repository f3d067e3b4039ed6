package io.fourthlog.operator.cluster;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.Names;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DriftTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // observed              | desired               | covered
                "{\"a\":1}               | {\"a\":1}             | true",
                "{\"a\":1,\"b\":2}       | {\"a\":1}             | true",
                "{\"a\":2}               | {\"a\":1}             | false",
                "{}                      | {\"a\":1}             | false",
                "{\"a\":[{\"b\":1,\"c\":2}]} | {\"a\":[{\"b\":1}]} | true",
                "{\"a\":[1,2]}           | {\"a\":[1]}           | false",
                "{\"a\":[2]}             | {\"a\":[1]}           | false",
                "{}                      | {\"a\":{}}            | true",
                "{}                      | {\"a\":[]}            | true"
            })
    void whatOthersAddedIsNoDriftAndWhatTheyChangedIs(String observed, String desired, boolean covered)
            throws JsonProcessingException {
        assertThat(Drift.covers(JSON.readTree(observed), JSON.readTree(desired)))
                .isEqualTo(covered);
    }

    /** A restart must not write every object again: the order of {@code Map.of} is another one in each process. */
    @Test
    void theOrderOfMapsIsNoChange() {
        assertThat(checksum("a", "b")).isEqualTo(checksum("b", "a"));
        assertThat(checksum("a", "b")).isNotEqualTo(checksum("a", "c"));
    }

    private static ConfigMap tamperedWith(ConfigMap observed) {
        return new ConfigMapBuilder(observed)
                .editMetadata()
                .withResourceVersion("2")
                .addToLabels("label", "z")
                .endMetadata()
                .build();
    }

    @Test
    void anotherDigestIsSeenAsThatAndNothingElseIs() {
        Drift drift = new Drift(new KubernetesSerialization());
        ConfigMap observed = drift.seal(object("sha256:a", "x"));
        assertThat(drift.between(null, object("sha256:a", "x"))).isEqualTo(Drift.Difference.MORE);
        for (int turn = 0; turn < 2; turn++) { // what was compared before is not compared again
            assertThat(drift.between(observed, drift.seal(object("sha256:a", "x"))))
                    .isEqualTo(Drift.Difference.NONE);
            assertThat(drift.between(observed, drift.seal(object("sha256:b", "x"))))
                    .isEqualTo(Drift.Difference.DIGEST);
            assertThat(drift.between(observed, drift.seal(object("sha256:b", "y"))))
                    .isEqualTo(Drift.Difference.MORE);
        }
        assertThat(drift.between(tamperedWith(observed), drift.seal(object("sha256:a", "x"))))
                .isEqualTo(Drift.Difference.MORE);
    }

    @Test
    void whatWasFoundToBeSoIsNotMadeAgainUntilItIsChanged() {
        Drift drift = new Drift(new KubernetesSerialization());
        ConfigMap observed = drift.seal(object("sha256:a", "x"));
        AtomicInteger made = new AtomicInteger();
        assertThat(drift.between(observed, wanted("form", "sha256:a", made))).isEqualTo(Drift.Difference.NONE);
        assertThat(drift.between(observed, wanted("form", "sha256:b", made))).isEqualTo(Drift.Difference.DIGEST);
        assertThat(made).hasValue(1);
        assertThat(drift.between(observed, wanted("other form", "sha256:a", made)))
                .isEqualTo(Drift.Difference.NONE);
        assertThat(made).hasValue(2);
        assertThat(drift.between(tamperedWith(observed), wanted("other form", "sha256:a", made)))
                .isEqualTo(Drift.Difference.MORE);
    }

    @Test
    void ofWhatHasAGenerationAStatusIsNoChangeAndALabelIsOne() {
        Drift drift = new Drift(new KubernetesSerialization());
        ConfigMap observed = drift.seal(object("sha256:a", "x"));
        observed.getMetadata().setGeneration(1L);
        AtomicInteger made = new AtomicInteger();
        assertThat(drift.between(observed, wanted("form", "sha256:a", made))).isEqualTo(Drift.Difference.NONE);
        ConfigMap counted = new ConfigMapBuilder(observed)
                .editMetadata()
                .withResourceVersion("2")
                .addToAnnotations(Names.CONFIG_DIGEST_ANNOTATION, "sha256:b")
                .endMetadata()
                .build();
        assertThat(drift.between(counted, wanted("form", "sha256:b", made))).isEqualTo(Drift.Difference.NONE);
        assertThat(made).hasValue(1);
        ConfigMap labelled = new ConfigMapBuilder(observed)
                .editMetadata()
                .addToLabels("label", "z")
                .endMetadata()
                .build();
        assertThat(drift.between(labelled, wanted("form", "sha256:a", made))).isEqualTo(Drift.Difference.MORE);
    }

    private static Wanted wanted(String form, String digest, AtomicInteger made) {
        return new Wanted("ConfigMap", "namespace", "name", form, digest, () -> {
            made.incrementAndGet();
            return object(digest, "x");
        });
    }

    @Test
    void aDigestWhereNoneShallBeIsSomebodyElsesBusiness() {
        Drift drift = new Drift(new KubernetesSerialization());
        ConfigMap observed = new ConfigMapBuilder(drift.seal(withoutDigest()))
                .editMetadata()
                .addToAnnotations(Names.CONFIG_DIGEST_ANNOTATION, "sha256:a")
                .endMetadata()
                .build();
        assertThat(drift.between(
                        observed, new Wanted("ConfigMap", "namespace", "name", "form", null, DriftTest::withoutDigest)))
                .isEqualTo(Drift.Difference.NONE);
    }

    private static ConfigMap withoutDigest() {
        return new ConfigMapBuilder(object("sha256:a", "x"))
                .editMetadata()
                .removeFromAnnotations(Names.CONFIG_DIGEST_ANNOTATION)
                .endMetadata()
                .build();
    }

    @Test
    void aFieldThatIsNoLongerSetIsADifferenceBesidesAnotherDigest() {
        Drift drift = new Drift(new KubernetesSerialization());
        ConfigMap before = object("sha256:a", "x");
        before.getMetadata().getLabels().put("dropped", "x");
        assertThat(drift.between(drift.seal(before), drift.seal(object("sha256:b", "x"))))
                .isEqualTo(Drift.Difference.MORE);
    }

    private static ConfigMap object(String digest, String label) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withUid("uid")
                .withResourceVersion("1")
                .addToLabels("label", label)
                .addToAnnotations(Names.CONFIG_DIGEST_ANNOTATION, digest)
                .endMetadata()
                .build();
    }

    private static String checksum(String first, String second) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(first, "x");
        labels.put(second, "x");
        return requireNonNull(new Drift(new KubernetesSerialization())
                .seal(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withLabels(labels)
                        .addToAnnotations(Map.of())
                        .endMetadata()
                        .build())
                .getMetadata()
                .getAnnotations()
                .get("fourthlog.io/applied"));
    }
}
