package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.sensor.kernel.JavaTls;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.KernelOptions;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import io.fourthlog.sensor.kernel.Sandbox;
import io.fourthlog.testing.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A client in a sandbox, seen by the real kernel side, and the scripted endpoint that it asks, outside of it. Needs root. */
final class LiveRun implements AutoCloseable {
    static final Path SCRIPTS = Path.of("src/test/recording").toAbsolutePath();
    private static final int RING = 16 << 20;
    private static final Duration LATE =
            Duration.ofMillis(200); // records that are still on their way when a client ends
    private static final Duration PATIENCE = Duration.ofMinutes(2); // heavy imports on a machine that is busy

    final Scene scene = new Scene();
    private final Instant began = Instant.now();
    private final Sandbox sandbox;
    private final Kernel kernel;
    private final List<Process> servers = new ArrayList<>();
    private String printed = "";

    LiveRun(final String name) throws IOException, KernelUnavailableException {
        sandbox = new Sandbox(name);
        final KernelOptions defaults = KernelOptions.defaults();
        kernel = Kernel.open(new KernelOptions(RING, defaults.proc(), defaults.cgroups()));
        kernel.track(sandbox.pod());
    }

    /** Makes a key and a certificate for localhost in this folder; of no authority, since rustls takes none for a server's. */
    static void certify(final Path folder) throws IOException, InterruptedException {
        Command.run(
                folder,
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem"
                                + " -out certificate.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost"
                                + " -addext basicConstraints=critical,CA:FALSE")
                        .split(" ", -1));
    }

    /**
     * Has a client ask the endpoint, and returns what the endpoint says that it was asked and answered.
     *
     * @param certificates what the endpoint has for TLS; {@code null}: without
     * @param command for a shell, with {@code BASE} for the endpoint's address
     */
    List<JsonNode> ask(final @Nullable Path certificates, final String command) throws IOException {
        return ask(certificates, command, this::watch);
    }

    /** The same, of a client in a JVM that waits for the end of its input until its TLS is heard. */
    List<JsonNode> askThroughJsse(final Path certificates, final String command) throws IOException {
        kernel.javaTls(_ -> Optional.of(JavaTls.ATTACH));
        return ask(certificates, command, each -> {
            final Process client = start(each);
            until("the agent in " + each, () -> kernel.counters().javaAgents() > 0);
            client.getOutputStream().close();
            end(client);
        });
    }

    private interface Watching {
        void watch(String command) throws IOException;
    }

    private List<JsonNode> ask(final @Nullable Path certificates, final String command, final Watching watching)
            throws IOException {
        final List<String> serve = new ArrayList<>(List.of("node", "serve.mjs"));
        if (certificates != null) {
            serve.add(certificates.toString());
        }
        final Process endpoint = new ProcessBuilder(serve)
                .directory(SCRIPTS.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader asked = endpoint.inputReader(StandardCharsets.UTF_8)) {
            final int port = Integer.parseInt(asked.readLine());
            watching.watch(command.replace("BASE", (certificates == null ? "http" : "https") + "://localhost:" + port));
            endpoint.getOutputStream().close();
            return Told.of(asked.readAllAsString()).lines();
        } finally {
            endpoint.destroyForcibly();
        }
    }

    /**
     * Starts a server outside of the sandbox, until the end of this run, and answers the port that it prints.
     *
     * @param log gets its standard error
     */
    int serve(final Path log, final Object... command) throws IOException {
        final Process server = new ProcessBuilder(
                        Stream.of(command).map(Object::toString).toList())
                .redirectError(log.toFile())
                .start();
        servers.add(server);
        return Integer.parseInt(server.inputReader(StandardCharsets.UTF_8).readLine());
    }

    /** Runs a shell command in the sandbox to its end. */
    void watch(final String command) throws IOException {
        end(start(command));
    }

    /**
     * Runs a program that prints something when it has loaded its libraries, and goes on when its input ends, which is when these have
     * their probes.
     */
    void watchLoaded(final String command) throws IOException {
        final Process program = start(command);
        final InputStream output = program.getInputStream();
        until("the first line of " + command, () -> {
            try {
                return output.available() > 0 || !program.isAlive();
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        settle();
        program.getOutputStream().close();
        end(program);
    }

    /**
     * Runs a program that waits for the end of its input, until the probes are on it, so that they are when it is run again:
     * the first run of a program on a node is a race, and a gap.
     */
    void introduce(final String command) throws IOException {
        final Process program = start(command);
        until("probes on " + command, () -> kernel.counters().attachedFiles() > 0);
        settle(); // of other libraries first, maybe
        program.getOutputStream().close();
        end(program);
    }

    private void settle() {
        try {
            kernel.settle(scene.pipeline);
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for what is only known to be missing when nothing has told of it for a while. */
    void untilGap() {
        until("a gap", () -> scene.errors().stream().anyMatch(error -> error.startsWith("sensor.gap.")));
    }

    private Process start(final String command) throws IOException {
        final Process client = sandbox.shell(command);
        scene.follow(sandbox.containerId());
        return client;
    }

    private void end(final Process client) {
        until("the end of process " + client.pid(), () -> !client.isAlive());
        kernel.poll(LATE, scene.pipeline);
        scene.pipeline.tick();
        printed = Sandbox.output(client);
        assertThat(client.exitValue()).as(printed).isZero();
    }

    private void until(final String what, final BooleanSupplier done) {
        final long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(deadline);
            kernel.poll(Duration.ofMillis(50), scene.pipeline);
            scene.pipeline.tick();
        }
    }

    /** What the last program printed. */
    String printed() {
        return printed;
    }

    Witness witness() {
        return new Witness(scene, began);
    }

    @Override
    public void close() throws IOException {
        servers.forEach(Process::destroyForcibly);
        kernel.close();
        sandbox.close();
    }
}
