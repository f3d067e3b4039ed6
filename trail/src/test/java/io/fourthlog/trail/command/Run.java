package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;

/** A run of the command where nobody watches: what it wrote, and how it ended. */
record Run(int code, String out, String err) {

    static Run run(Object... arguments) {
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final int code = Fourthlog.execute(
                new Terminal(new PrintWriter(out), new PrintWriter(err), false, false),
                Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
        return new Run(code, out.toString(), err.toString());
    }

    static JsonNode json(Run run) throws IOException {
        return new JsonMapper().readTree(run.out());
    }
}
