package io.fourthlog.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Holds docs/crds.md to the CRDs; {@code -Dgolden.write=true} writes it anew. */
final class CrdReferenceTest {

    private static final Path PAGE = Path.of("../docs/crds.md");
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private final StringBuilder page = new StringBuilder();

    @Test
    void theReferencePageIsWhatTheCrdsSay() throws IOException {
        page.append("""
                # The API: every field

                Made from `config/crd`, which is what the API server enforces; a test keeps this page equal to it. The same text is in `kubectl explain aap.spec`.
                """);
        for (String plural : List.of("agentauditpolicies", "redactionprofiles", "retentiontiers")) {
            describe(YAML.unmarshal(
                    Files.readString(Path.of("../config/crd", plural + ".yaml")), CustomResourceDefinition.class));
        }
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("written anew by: scripts/mvn.sh -pl crds test -Dtest=CrdReferenceTest -Dgolden.write=true")
                .isEqualTo(page.toString());
    }

    private void describe(CustomResourceDefinition crd) {
        var version = crd.getSpec().getVersions().getFirst();
        JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
        page.append("\n## ")
                .append(crd.getSpec().getNames().getKind())
                .append("\n\n")
                .append(crd.getSpec().getGroup())
                .append('/')
                .append(version.getName())
                .append(", ")
                .append(crd.getSpec().getScope().equals("Cluster") ? "cluster-scoped" : "namespaced")
                .append(", short name `")
                .append(String.join("`, `", crd.getSpec().getNames().getShortNames()))
                .append("`. ")
                .append(schema.getDescription())
                .append("\n\n");
        Map<String, JSONSchemaProps> properties = schema.getProperties();
        List<String> rules = new ArrayList<>();
        rules("", schema, rules);
        table("spec", Objects.requireNonNull(properties.get("spec")), rules);
        page.append("\nRefused, beside what types and bounds refuse:\n\n");
        rules.forEach(rule -> page.append("- ").append(rule).append('\n'));
        page.append('\n');
        table("status", Objects.requireNonNull(properties.get("status")), new ArrayList<>());
    }

    private void table(String name, JSONSchemaProps schema, List<String> rules) {
        page.append("| field | type | what it says |\n|---|---|---|\n");
        rows(name, schema, Set.of(), rules);
    }

    private void rows(String path, JSONSchemaProps schema, Set<String> required, List<String> rules) {
        String name = path.substring(path.lastIndexOf('.') + 1);
        page.append("| `")
                .append(path)
                .append(required.contains(name.replace("[]", "")) ? "` (required) | " : "` | ")
                .append(type(schema))
                .append(" | ")
                .append(schema.getDescription().replace("|", "\\|"));
        if (says(schema.getDefault())) {
            page.append(" Default: `").append(schema.getDefault()).append("`.");
        }
        page.append(" |\n");
        rules(path, schema, rules);
        JSONSchemaProps inner =
                schema.getItems() == null ? schema : schema.getItems().getSchema();
        if (schema.getItems() != null) {
            rules(path + "[]", inner, rules);
        }
        Set<String> must = inner.getRequired() == null ? Set.of() : Set.copyOf(inner.getRequired());
        Objects.requireNonNullElse(inner.getProperties(), Map.<String, JSONSchemaProps>of())
                .forEach((field, property) ->
                        rows(path + (schema.getItems() == null ? "." : "[].") + field, property, must, rules));
    }

    private static boolean says(@Nullable JsonNode byDefault) {
        return byDefault != null && (byDefault.isValueNode() || !byDefault.isEmpty());
    }

    private static void rules(String path, JSONSchemaProps schema, List<String> rules) {
        schema.getXKubernetesValidations()
                .forEach(rule -> rules.add((path.isEmpty() ? "" : "`" + path + "`: ") + rule.getMessage()));
    }

    private static String type(JSONSchemaProps schema) {
        if (schema.getItems() != null) {
            return "list of " + type(schema.getItems().getSchema()) + ", at most " + schema.getMaxItems();
        }
        if (schema.getAdditionalProperties() != null) {
            return "map of " + type(schema.getAdditionalProperties().getSchema());
        }
        if (!schema.getEnum().isEmpty()) {
            return schema.getEnum().stream()
                    .map(value -> "`" + value.asText() + "`")
                    .collect(Collectors.joining(", "));
        }
        return schema.getFormat() == null ? schema.getType() : schema.getFormat();
    }
}
