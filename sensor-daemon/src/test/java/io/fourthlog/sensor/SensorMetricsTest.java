package io.fourthlog.sensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.policy.Stalled;
import io.fourthlog.sensor.pipeline.Forgotten;
import io.fourthlog.sensor.spool.Spool;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SensorMetricsTest {

    private final SensorMetrics metrics = new SensorMetrics();

    @TempDir
    private static Path folder;

    private final Spool spool;

    SensorMetricsTest() throws IOException {
        spool = Spool.open(folder.resolve("state"), "demo.support.node-1", Clock.systemUTC(), () -> {});
        metrics.spool(spool::waiting, spool::disk);
        metrics.ring(() -> 1, () -> 1);
        metrics.shipLag(() -> 2);
        metrics.forgotten(() -> new Forgotten(3, 4, 5, 6));
        metrics.stalled(() -> List.of(new Stalled("support/agents", "loops", 7, "too many steps")));
        final Instant now = Instant.now();
        metrics.recorded(new ErrorEvent(
                header(Map.of("originating_event_id", "not tied to one event", "recovery_action", "none")),
                "sensor.gap.ring",
                null,
                null,
                new Gap(now, now, null, null)));
        metrics.recorded(ModelInvocation.builder(header(Map.of()))
                .agentSessionId("s")
                .modelId("gpt-4o")
                .promptClass("report-drafting")
                .promptTokenCount(1L)
                .outputTokenCount(1L)
                .outputHash("sha256:" + "0".repeat(64))
                .build());
        metrics.recorded(new PolicyDecision(
                header(Map.of()),
                "support/agents",
                Decision.DENY,
                UuidV7.next(Clock.systemUTC()),
                "loops",
                Enforcement.ENFORCED,
                "sha256:" + "0".repeat(64),
                null,
                null,
                "terminate",
                null));
        metrics.recorded(new DataAccess(
                header(Map.of("row_count", "not rows", "byte_count", "not counted")),
                "file:///data/customers.csv",
                "read",
                null,
                null,
                List.of("PII:email", "unknown:over-budget")));
    }

    @AfterEach
    void close() throws IOException {
        spool.close();
    }

    private static Header header(Map<String, String> unknown) {
        return new Header(
                UuidV7.next(Clock.systemUTC()),
                "4bf92f3577b34da6a3ce929d0e0e4736",
                Instant.now(),
                "k8s://demo/support/Pod/agent/agent/main",
                UuidV7.next(Clock.systemUTC()),
                "demo.support.node-1",
                Header.SCHEMA_VERSION,
                Completeness.COMPLETE,
                Evidence.OBSERVED,
                new TreeMap<>(unknown));
    }

    @Test
    void theTableInTheDocumentationIsWhatTheRegistryHas() throws IOException {
        final List<String> documented = Files.readAllLines(Path.of("../docs/sensor.md")).stream()
                .filter(line -> line.startsWith("| `fourthlog_"))
                .toList();

        assertThat(documented)
                .containsExactlyElementsOf(metrics.registry().scrape().stream()
                        .map(SensorMetricsTest::row)
                        .sorted()
                        .toList());
    }

    private static String row(MetricSnapshot metric) {
        final boolean counter = metric instanceof CounterSnapshot;
        final String labels = metric.getDataPoints().getFirst().getLabels().stream()
                .map(Label::getName)
                .map(label -> "`" + label + "`")
                .collect(Collectors.joining(", "));
        return "| `%s%s` | %s | %s | %s |"
                .formatted(
                        metric.getMetadata().getPrometheusName(),
                        counter ? "_total" : "",
                        counter ? "counter" : "gauge",
                        labels,
                        metric.getMetadata().getHelp());
    }

    @Test
    void contentThatRedactionDroppedIsCountedByItsReasonAndTagsAreNot() {
        final MetricSnapshot dropped = metrics.registry().scrape("fourthlog_redaction_dropped"::equals).stream()
                .findFirst()
                .orElseThrow();

        assertThat(((CounterSnapshot) dropped).getDataPoints()).singleElement().satisfies(point -> {
            assertThat(point.getValue()).isEqualTo(1);
            assertThat(point.getLabels().get("reason")).isEqualTo("over-budget");
        });
    }

    @Test
    void theSpoolSaysHowFullItsDiskIs() {
        final Spool.Disk disk = spool.disk().orElseThrow();

        assertThat(disk.free()).isBetween(0L, disk.size());
        assertThat(disk.size()).isPositive();
        assertThat(spool.waiting()).isZero();
    }

    @Test
    void aStalledRuleIsNamedWithHowOftenItWasOverItsBudget() {
        final MetricSnapshot stalled = metrics.registry().scrape("fourthlog_policy_stalled"::equals).stream()
                .findFirst()
                .orElseThrow();

        assertThat(((GaugeSnapshot) stalled).getDataPoints()).singleElement().satisfies(point -> {
            assertThat(point.getValue()).isEqualTo(7);
            assertThat(point.getLabels().get("policy")).isEqualTo("support/agents");
            assertThat(point.getLabels().get("rule")).isEqualTo("loops");
        });
    }
}
