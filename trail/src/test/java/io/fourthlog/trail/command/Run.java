package io.fourthlog.trail.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** A run of the command where nobody watches: what it wrote, and how it ended. */
record Run(int code, String out, String err) {

    private static final JsonMapper JSON = new JsonMapper();

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

    /** The exit code of {@code verify}, ours and the independent one, which agree. */
    static int verdict(Path folder, Path evidence, Object... options) throws IOException, InterruptedException {
        return verdict("", folder, evidence, options);
    }

    private static int verdict(String change, Path folder, Path evidence, Object... options)
            throws IOException, InterruptedException {
        final List<Object> arguments = new ArrayList<>(List.of(evidence));
        arguments.addAll(List.of(options));
        final int theirs = independent(folder, arguments.toArray()).code();
        arguments.addFirst("verify");
        assertThat(run(arguments.toArray()).code())
                .as(change + "ours as the independent one")
                .isEqualTo(theirs);
        return theirs;
    }

    /**
     * Changes JSON evidence in each of these ways: neither verifier believes any.
     *
     * @param at of what is changed, in the evidence
     */
    static void assertNoneHolds(
            Path folder, Path evidence, String at, List<Consumer<ObjectNode>> changes, Object... options)
            throws IOException, InterruptedException {
        final byte[] good = Files.readAllBytes(evidence);
        for (int i = 0; i < changes.size(); i++) {
            final ObjectNode changed = (ObjectNode) JSON.readTree(good);
            changes.get(i).accept((ObjectNode) changed.at(at));
            JSON.writeValue(evidence.toFile(), changed);
            final String change = "change " + i + ": ";
            assertThat(verdict(change, folder, evidence, options)).as(change).isEqualTo(1);
        }
        Files.write(evidence, good);
    }

    static JsonNode json(Run run) throws IOException {
        return JSON.readTree(run.out());
    }
}
