package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

    /** A run of another program. */
    static Run process(Path folder, List<String> command) throws IOException, InterruptedException {
        final Path out = folder.resolve("out");
        final Path err = folder.resolve("err");
        final int code = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start()
                .waitFor();
        return new Run(code, Files.readString(out), Files.readString(err));
    }

    /** A run of the verifier of bundles that shares no code with ours. */
    static Run independent(Path folder, Object... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of("/usr/bin/python3", "../docs/verify/verify_bundle.py"));
        Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
        return process(folder, command);
    }

    static JsonNode json(Run run) throws IOException {
        return new JsonMapper().readTree(run.out());
    }
}
