package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Option;

/** The option that says how a result is written. */
final class OutputOption {

    @Option(
            names = {"-o", "--output"},
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE})")
    private OutputFormat format = OutputFormat.table;

    /** Whether it is for people. */
    boolean isTable() {
        return format == OutputFormat.table;
    }

    /** Writes a result for programs. */
    void write(JsonNode result, Terminal terminal) {
        format.write(result, terminal);
    }
}
