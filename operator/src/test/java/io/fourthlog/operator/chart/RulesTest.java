package io.fourthlog.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts, as the chart renders them, given to promtool. */
final class RulesTest {

    private static final Path TESTS = Path.of("src/test/resources/prometheus/rules.test.yaml");
    private static final Path RUNBOOKS = Tool.ROOT.resolve("docs/runbooks");

    private final JsonNode spec = Chart.only(
                    Chart.render("--set", "monitoring.enabled=true"), "PrometheusRule", "fourthlog")
            .path("spec");

    @Test
    void promtoolAcceptsThemAndEachFiresWhenItShallAndNotBefore(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("rules.yaml"), Chart.yaml(spec));
        Files.copy(TESTS, folder.resolve("rules.test.yaml"));

        Tool.Ran ran = Tool.run(folder, "promtool", List.of("test", "rules", "rules.test.yaml"));

        assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
    }

    @Test
    void eachIsTestedFiringAndSilent() throws IOException {
        JsonNode tests = Chart.parse(Files.readString(TESTS));
        Set<String> firing = new TreeSet<>();
        Set<String> silent = new TreeSet<>();
        for (JsonNode test : tests.path("tests")) {
            for (JsonNode alert : test.path("alert_rule_test")) {
                (alert.path("exp_alerts").isEmpty() ? silent : firing)
                        .add(alert.path("alertname").asText());
            }
        }

        assertThat(firing).containsExactlyInAnyOrderElementsOf(names());
        assertThat(silent).containsExactlyInAnyOrderElementsOf(names());
    }

    @Test
    void eachSaysWhatItMeansAndWhatToDo() throws IOException {
        for (JsonNode alert : alerts().toList()) {
            String name = alert.path("alert").asText();
            assertThat(alert.at("/labels/severity").asText()).as(name).isIn("critical", "warning");
            assertThat(alert.at("/annotations/summary").asText()).as(name).isNotBlank();
            assertThat(alert.at("/annotations/description").asText()).as(name).isNotBlank();
            assertThat(alert.at("/annotations/runbook_url").asText())
                    .isEqualTo("https://fourthlog.io/docs/runbooks/" + name + ".md");
            assertThat(Files.readString(RUNBOOKS.resolve(name + ".md")))
                    .startsWith("# " + name + "\n")
                    .contains("\n## Meaning\n", "\n## Impact\n", "\n## Diagnosis\n", "\n## Mitigation\n", "```sh\n");
        }
        try (Stream<Path> pages = Files.list(RUNBOOKS)) {
            assertThat(pages.map(page -> page.getFileName().toString().replace(".md", "")))
                    .containsExactlyInAnyOrderElementsOf(names());
        }
    }

    @Test
    void eachIsAboutMetricsThatTheProgramsHave() throws IOException {
        Set<String> used = alerts().flatMap(
                        alert -> Metrics.in(alert.path("expr").asText()).stream())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(used).isNotEmpty().isSubsetOf(Metrics.names());
    }

    @Test
    void theDocumentationHasEachOfThemAndEachMetricOfTheOperator() throws IOException {
        String page = Files.readString(Tool.ROOT.resolve("docs/monitoring.md"));

        for (JsonNode alert : alerts().toList()) {
            String name = alert.path("alert").asText();
            assertThat(page)
                    .contains("| [%s](runbooks/%s.md) | %s |"
                            .formatted(name, name, alert.at("/labels/severity").asText()));
        }
        assertThat(Metrics.names().stream().filter(name -> name.startsWith("fourthlog_operator_")))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(page).contains("| `" + name + "` |"));
    }

    @Test
    void theWindowIsThatOfTheValuesAndNoOtherFigureIsTouched() {
        JsonNode other = Chart.only(
                        Chart.render("--set", "monitoring.enabled=true,monitoring.window=20s"),
                        "PrometheusRule",
                        "fourthlog")
                .path("spec");

        assertThat(Chart.yaml(other).replace("20s", "5m")).isEqualTo(Chart.yaml(spec));
        assertThat(Chart.yaml(other)).contains("[20s]", "offset 20s", "[15m]").doesNotContain("[5m]");
    }

    private Stream<JsonNode> alerts() {
        return StreamSupport.stream(spec.path("groups").spliterator(), false)
                .flatMap(group -> StreamSupport.stream(group.path("rules").spliterator(), false));
    }

    private List<String> names() {
        return alerts().map(alert -> alert.path("alert").asText()).toList();
    }
}
