package io.fourthlog.operator.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that runs beside a test, and ends with it even when the test is killed: then the pipe to its guard is closed. */
final class Background implements AutoCloseable {

    private static final String GUARD = "\"$@\" & pid=$!; cat > /dev/null; kill $pid; wait $pid";
    private static final long PATIENCE_SECONDS = 30;

    private final Process guard;

    private Background(Process guard) {
        this.guard = guard;
    }

    /** Starts it; what it prints goes into the file. */
    static Background start(Path log, Map<String, String> environment, List<String> command) {
        List<String> guarded = new ArrayList<>(List.of("/bin/sh", "-c", GUARD, "guard"));
        guarded.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(guarded).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        try {
            return new Background(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            guard.getOutputStream().close();
            if (!guard.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                guard.descendants().forEach(ProcessHandle::destroyForcibly);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
