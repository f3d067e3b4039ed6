package io.fourthlog.operator.chart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The programs that make and read what we ship, from KUBE_BIN_DIR, where {@code make setup} puts them, or the PATH. */
public final class Tool {

    /** The repository. */
    public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private Tool() {}

    /**
     * What a program did.
     *
     * @param code with which it ended
     * @param out what it printed
     * @param err what it complained of
     */
    public record Ran(int code, String out, String err) {

        /** What it printed, if it was content. */
        public String output() {
            if (code != 0) {
                throw new AssertionError("exit code " + code + ": " + err + out);
            }
            return out;
        }
    }

    /** Runs it in a folder to its end. */
    public static Ran run(Path folder, String program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(find(program).toString()));
        command.addAll(arguments);
        try {
            Path err = Files.createTempFile("tool", ".err");
            try {
                Process process = new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectError(err.toFile())
                        .start();
                process.getOutputStream().close();
                String out = new String(process.getInputStream().readAllBytes(), UTF_8);
                return new Ran(process.waitFor(), out, Files.readString(err));
            } finally {
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Where the program is. */
    public static Path find(String program) {
        Path binaries = Optional.ofNullable(System.getenv("KUBE_BIN_DIR"))
                .map(Path::of)
                .orElse(Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(Path::of)
                        .orElse(Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("fourthlog/kube-1.36.3/bin"));
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        return Stream.concat(
                        Stream.of(binaries),
                        Stream.of(path.split(File.pathSeparator)).map(Path::of))
                .map(folder -> folder.resolve(program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        program + " is neither in " + binaries + " nor on the PATH: run \"make setup\""));
    }
}
