package io.fourthlog.operator.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The metrics that our programs register, read from where they do. */
final class Metrics {

    private static final Pattern IN_QUERY = Pattern.compile("fourthlog_\\w+");
    private static final Pattern NAME = Pattern.compile("\"(fourthlog_\\w+)\"");

    private Metrics() {}

    /** The metrics that a query asks for. */
    static Set<String> in(String query) {
        return IN_QUERY.matcher(query).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    /** All of them, as Prometheus names them. */
    static Set<String> names() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String source : List.of(
                "operator/src/main/java/io/fourthlog/operator/OperatorMetrics.java",
                "sensor-daemon/src/main/java/io/fourthlog/sensor/SensorMetrics.java",
                "trail/src/main/java/io/fourthlog/trail/collector/TrailMetrics.java")) {
            Path file = Tool.ROOT.resolve(source);
            NAME.matcher(Files.readString(file))
                    .results()
                    .map(match -> match.group(1))
                    .forEach(names::add);
        }
        return names;
    }
}
