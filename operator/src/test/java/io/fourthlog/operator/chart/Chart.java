package io.fourthlog.operator.chart;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** charts/fourthlog as helm renders it. */
final class Chart {

    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private Chart() {}

    /** What {@code helm template} with these options does; the API that it takes the cluster to have is that of the tests. */
    static Tool.Ran template(String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "template",
                "fourthlog",
                "charts/fourthlog",
                "--namespace",
                "fourthlog-system",
                "--kube-version",
                "1.36.3"));
        arguments.addAll(List.of(options));
        return Tool.run(Tool.ROOT, "helm", arguments);
    }

    /** The objects that the chart makes with these options. */
    static List<JsonNode> render(String... options) {
        return documents(template(options).output());
    }

    /** The documents of a YAML file. */
    static List<JsonNode> documents(String yaml) {
        return Stream.of(yaml.split("(?m)^---$", -1))
                .filter(document -> document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#")))
                .map(Chart::parse)
                .toList();
    }

    static JsonNode parse(String yaml) {
        return YAML.unmarshal(yaml, JsonNode.class);
    }

    /** The one object of a kind with a name. */
    static JsonNode only(List<JsonNode> objects, String kind, String name) {
        List<JsonNode> found = objects.stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .filter(object -> object.at("/metadata/name").asText().equals(name))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " objects " + kind + " " + name);
        }
        return found.getFirst();
    }

    static String yaml(Object object) {
        return YAML.asYaml(object);
    }
}
