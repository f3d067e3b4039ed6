package io.fourthlog.sensor.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The blind spots that the documentation lists are those that there are. */
final class GapCauseTest {
    private static final String PREFIX = "sensor.gap.";
    private static final Pattern NAME = Pattern.compile("`([a-z0-9_]+)`");
    private static final List<String> OF_THE_SPOOL = List.of("restart", "event_too_large");

    @Test
    void theDocumentationHasEachClassAndNoOther() throws IOException {
        final String page = Files.readString(Path.of("../docs/sensor.md"));
        final String table =
                page.substring(page.indexOf("## What it could not see"), page.indexOf("## What it holds at most"));
        final Set<String> documented = table.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(0, line.indexOf('|', 1)))
                .flatMap(names -> NAME.matcher(names).results())
                .map(name -> name.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        final Set<String> causes = Arrays.stream(GapCause.values())
                .map(cause -> cause.errorClass().substring(PREFIX.length()))
                .collect(Collectors.toCollection(TreeSet::new));
        causes.addAll(OF_THE_SPOOL);
        assertThat(documented).isEqualTo(causes);
    }
}
