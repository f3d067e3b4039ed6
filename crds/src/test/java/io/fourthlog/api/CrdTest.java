package io.fourthlog.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the CRDs of config/crd and the Java records together. */
final class CrdTest {

    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    static Stream<Arguments> kinds() {
        return Stream.of(
                Arguments.of(AgentAuditPolicy.class, AgentAuditPolicySpec.class, AgentAuditPolicyStatus.class),
                Arguments.of(RedactionProfile.class, RedactionProfileSpec.class, RedactionProfileStatus.class),
                Arguments.of(RetentionTier.class, RetentionTierSpec.class, RetentionTierStatus.class));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theRecordsHaveWhatTheSchemaHas(
            Class<? extends CustomResource<?, ?>> kind, Class<? extends Record> spec, Class<? extends Record> status)
            throws IOException {
        Map<String, JSONSchemaProps> properties = schema(kind).getProperties();
        same("spec", Objects.requireNonNull(properties.get("spec")), spec);
        same("status", Objects.requireNonNull(properties.get("status")), status);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void kubectlExplainSaysSomethingOfEveryField(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        described(kind.getSimpleName(), schema(kind));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void namesInTheCrdAreTheNamesInJava(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        CustomResourceDefinition crd = crd(kind);
        assertThat(crd.getMetadata().getName()).isEqualTo(CustomResource.getCRDName(kind));
        assertThat(crd.getSpec().getGroup()).isEqualTo(Names.GROUP);
        assertThat(crd.getSpec().getVersions())
                .singleElement()
                .satisfies(version -> assertThat(version.getName()).isEqualTo(Names.VERSION));
        assertThat(crd.getSpec().getNames().getCategories()).containsExactly("fourthlog");
        assertThat(crd.getSpec().getScope()).isEqualTo(kind == AgentAuditPolicy.class ? "Namespaced" : "Cluster");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everythingIsBoundedAndEveryListSaysHowItMerges(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        bounded(kind.getSimpleName(), schema(kind));
    }

    @Test
    void whatTheSchemaDefaultsToIsWhatJavaDefaultsTo() throws IOException {
        sameDefaults(AgentAuditPolicy.class, AgentAuditPolicySpec.class, """
                rules: [{name: one, on: [data_access], when: "true", decision: deny}]
                """);
        sameDefaults(RedactionProfile.class, RedactionProfileSpec.class, "detectors: {}");
        sameDefaults(RetentionTier.class, RetentionTierSpec.class, "{}");
    }

    private static void sameDefaults(Class<? extends CustomResource<?, ?>> kind, Class<?> spec, String yaml)
            throws IOException {
        JsonNode written = YAML.unmarshal(yaml, JsonNode.class);
        JsonNode defaulted = written.deepCopy();
        applyDefaults(Objects.requireNonNull(schema(kind).getProperties().get("spec")), defaulted);
        assertThat(YAML.convertValue(defaulted, spec)).as("%s", defaulted).isEqualTo(YAML.convertValue(written, spec));
    }

    /** What the API server does when an object comes in. */
    private static void applyDefaults(JSONSchemaProps schema, JsonNode value) {
        if (value instanceof ObjectNode object && schema.getProperties() != null) {
            schema.getProperties().forEach((name, property) -> {
                if (!object.has(name) && property.getDefault() != null) {
                    object.set(name, property.getDefault().deepCopy());
                }
                applyDefaults(property, object.path(name));
            });
        }
        if (value.isArray()) {
            value.forEach(element -> applyDefaults(schema.getItems().getSchema(), element));
        }
    }

    private static void bounded(String path, JSONSchemaProps schema) {
        switch (schema.getType()) {
            case "array" -> {
                assertThat(schema.getMaxItems()).as(path).isNotNull();
                assertThat(schema.getXKubernetesListType()).as(path).isNotNull();
                bounded(path + "[]", schema.getItems().getSchema());
            }
            case "string" ->
                assertThat(schema.getMaxLength() != null || !schema.getEnum().isEmpty() || schema.getFormat() != null)
                        .as(path)
                        .isTrue();
            case "object" -> {
                if (schema.getAdditionalProperties() != null) {
                    assertThat(schema.getMaxProperties()).as(path).isNotNull();
                    bounded(path + "{}", schema.getAdditionalProperties().getSchema());
                }
                Objects.requireNonNullElse(schema.getProperties(), Map.<String, JSONSchemaProps>of())
                        .forEach((name, property) -> {
                            if (!Set.of("apiVersion", "kind", "metadata").contains(name)) {
                                bounded(path + "." + name, property);
                            }
                        });
            }
            default -> assertThat(schema.getType()).as(path).isIn("integer", "boolean");
        }
    }

    private static CustomResourceDefinition crd(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        Path file = Path.of("../config/crd", HasMetadata.getPlural(kind) + ".yaml");
        return YAML.unmarshal(Files.readString(file), CustomResourceDefinition.class);
    }

    private static JSONSchemaProps schema(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        return crd(kind).getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    }

    private static void same(String path, JSONSchemaProps schema, Type type) {
        Class<?> raw = type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
        if (raw == List.class) {
            assertThat(schema.getType()).as(path).isEqualTo("array");
            same(path + "[]", schema.getItems().getSchema(), ((ParameterizedType) type).getActualTypeArguments()[0]);
        } else if (raw == Map.class) {
            assertThat(schema.getAdditionalProperties()).as(path).isNotNull();
        } else if (raw == Condition.class) {
            assertThat(schema.getProperties().keySet())
                    .as(path)
                    .containsExactlyInAnyOrder(
                            "type", "status", "observedGeneration", "lastTransitionTime", "reason", "message");
        } else if (raw == Retention.class || raw == String.class) {
            assertThat(schema.getType()).as(path).isEqualTo("string");
        } else if (raw.isEnum()) {
            assertThat(schema.getEnum().stream().map(value -> value.asText()))
                    .as(path)
                    .containsExactlyInAnyOrderElementsOf(constants(raw));
        } else if (raw.isRecord()) {
            same(path, schema, raw);
        } else {
            assertThat(schema.getType())
                    .as(path)
                    .isEqualTo(raw == Boolean.class || raw == boolean.class ? "boolean" : "integer");
        }
    }

    private static void same(String path, JSONSchemaProps schema, Class<?> type) {
        Set<String> names = new TreeSet<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String name = name(type, component);
            names.add(name);
            JSONSchemaProps property = schema.getProperties().get(name);
            assertThat(property).as(path + "." + name).isNotNull();
            same(path + "." + name, Objects.requireNonNull(property), component.getGenericType());
        }
        assertThat(schema.getProperties().keySet()).as(path).containsExactlyInAnyOrderElementsOf(names);
    }

    /** The annotation is on the constructor's parameter, and so on the field as well. */
    private static String name(Class<?> type, RecordComponent component) {
        try {
            JsonProperty property = type.getDeclaredField(component.getName()).getAnnotation(JsonProperty.class);
            return property == null ? component.getName() : property.value();
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> constants(Class<?> type) {
        boolean wire = Arrays.stream(type.getMethods()).anyMatch(method -> method.isAnnotationPresent(JsonValue.class));
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> wire ? YAML.asJson(constant).replace("\"", "") : constant.toString())
                .collect(Collectors.toList());
    }

    private static void described(String path, JSONSchemaProps schema) {
        if (path.endsWith(".metadata")) {
            return; // the API server describes it
        }
        assertThat(schema.getDescription()).as(path).isNotBlank();
        if (schema.getProperties() != null) {
            schema.getProperties().forEach((name, property) -> described(path + "." + name, property));
        }
        if (schema.getItems() != null) {
            described(path + "[]", schema.getItems().getSchema());
        }
        if (schema.getAdditionalProperties() != null) {
            described(path + "{}", schema.getAdditionalProperties().getSchema());
        }
    }
}
