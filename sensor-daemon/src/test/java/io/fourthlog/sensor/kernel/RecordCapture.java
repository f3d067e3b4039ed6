package io.fourthlog.sensor.kernel;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Records an agent: {@code RecordCapture OUT CONFIG.json POD COMMAND...} runs the command in a cgroup of its own and writes what
 * the kernel side told of it, in plain text, to a {@link Capture}. For people who make the captures of this repository.
 */
final class RecordCapture {
    private RecordCapture() {}

    public static void main(final String[] arguments) throws IOException, KernelUnavailableException {
        final Path out = Path.of(arguments[0]);
        final String config = Files.readString(Path.of(arguments[1]));
        final String pod = arguments[2];
        final String[] command = List.of(arguments).subList(3, arguments.length).toArray(String[]::new);
        final Observed seen = new Observed();
        try (Sandbox sandbox = new Sandbox("capture");
                Kernel kernel = Kernel.open(KernelOptions.defaults())) {
            kernel.track(sandbox.pod());
            final Process agent = sandbox.start(command);
            try (DataOutputStream file = new DataOutputStream(Files.newOutputStream(out))) {
                file.write((Capture.MAGIC + "\n" + about(config, pod, sandbox.containerId()) + "\n")
                        .getBytes(StandardCharsets.UTF_8));
                while (!seen.exited.contains((int) agent.pid())) {
                    kernel.poll(Duration.ofMillis(100), seen, record -> write(file, record));
                }
            }
            System.out.print(Sandbox.output(agent));
            if (seen.lostRecords > 0 || !seen.blindSpots.isEmpty()) {
                throw new IllegalStateException("the recording has gaps: " + seen.blindSpots);
            }
        }
    }

    private static String about(final String config, final String pod, final long cgroup) {
        final ObjectNode about = new JsonMapper().createObjectNode();
        about.put("sensor_id", "demo.support.node1").put("config", config);
        about.putObject("workloads")
                .putObject(String.valueOf(cgroup))
                .put("workload_id", "k8s://demo/support/Pod/" + pod + "/" + pod + "/agent")
                .put("namespace", "support")
                .put("pod", pod)
                .put("service_account", "support-agent")
                .putObject("labels")
                .put("app.kubernetes.io/part-of", "support-agents");
        return about.toString();
    }

    private static void write(final DataOutputStream file, final RingRecord record) {
        try {
            final byte[] bytes = record.bytes(0, record.size()).toArray(ValueLayout.JAVA_BYTE);
            file.writeInt(bytes.length);
            file.write(bytes);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
