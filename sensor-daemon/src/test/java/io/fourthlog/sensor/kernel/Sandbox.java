package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A cgroup as kubelet makes for a pod, with a container's below it, and programs that run in it. */
public final class Sandbox implements AutoCloseable {
    private final Path pod;
    private final Path container;
    private final List<Process> started = new ArrayList<>();

    public Sandbox(final String name) throws IOException {
        pod = CgroupMount.find()
                .resolve("fourthlog-test-" + ProcessHandle.current().pid() + "-" + name);
        container = pod.resolve("container");
        Files.createDirectories(pod);
    }

    public Path pod() {
        return pod;
    }

    public long podId() throws IOException {
        return id(pod);
    }

    public long containerId() throws IOException {
        return id(container);
    }

    private static long id(final Path cgroup) throws IOException {
        return (Long) Files.getAttribute(cgroup, "unix:ino");
    }

    /** Starts a program in the container; its output is this test's. */
    public Process start(final String... command) throws IOException {
        Files.createDirectories(container);
        final List<String> words = new ArrayList<>(
                List.of("sh", "-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\"", container.toString()));
        words.addAll(List.of(command));
        final Process process =
                new ProcessBuilder(words).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    public Process shell(final String script) throws IOException {
        return start("sh", "-c", script);
    }

    /** What a program printed, when it has ended. */
    public static String output(final Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (final Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
        remove(container);
        remove(pod);
    }

    /** A cgroup can be removed a moment after its last process was reaped. */
    private static void remove(final Path cgroup) throws IOException {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (Files.exists(cgroup)) {
            try {
                Files.delete(cgroup);
            } catch (final IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }
}
