package io.fourthlog.sensor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.action.WorkloadDirectory;
import io.fourthlog.sensor.config.ActiveConfig;
import io.fourthlog.sensor.config.ConfigCompiler;
import io.fourthlog.sensor.kernel.Capture;
import io.fourthlog.sensor.pipeline.Enforcer;
import io.fourthlog.sensor.pipeline.Pipeline;
import io.fourthlog.sensor.spool.Spool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code fourthlog-sensor replay}: a recorded capture → pipeline → a log in a folder, for machines on which no eBPF program can
 * be loaded. The policy is the one that was in force at the recording; the keys are new.
 */
@Command(
        name = "replay",
        description = "Makes a trail of a recorded capture, without the kernel.",
        mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

    private static final int KEY_BYTES = 32;

    @Parameters(paramLabel = "CAPTURE", description = "the recording")
    private Path file = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "new folder for the trail")
    private Path out = Path.of("");

    @Override
    public Integer call() throws SetupException, IOException {
        if (Files.isDirectory(out)) {
            try (Stream<Path> content = Files.list(out)) {
                if (content.findAny().isPresent()) {
                    throw new SetupException(out + " is not empty: name a new folder");
                }
            }
        }
        try (Capture capture = Capture.open(file)) {
            final JsonNode about = about(capture);
            final String sensorId = about.path("sensor_id").asText();
            final byte[] key = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(key);
            final ConfigCompiler compiler = new ConfigCompiler(sensorId, Hmac.of("replay", key));
            final byte[] config = about.path("config").asText().getBytes(StandardCharsets.UTF_8);
            final ActiveConfig active = switch (compiler.compile(config)) {
                case ConfigCompiler.Result.Usable(ActiveConfig usable) -> usable;
                case ConfigCompiler.Result.Refused(String reason) ->
                    throw new SetupException(file + ": its config cannot be used: " + reason);
            };
            final Clock clock = Clock.systemUTC();
            try (Spool spool = Spool.open(out, sensorId, clock, () -> {})) {
                // A replay stops nothing: a rule that enforces is recorded as one that failed to.
                final Pipeline pipeline = new Pipeline(
                        active.pipeline(),
                        workloads(about.path("workloads")),
                        (action, target) -> new Enforcer.Outcome.Failed("a replay stops nothing"),
                        spool,
                        clock);
                capture.replay(pipeline);
                pipeline.tick();
            }
        }
        return 0;
    }

    private JsonNode about(Capture capture) throws SetupException {
        try {
            return new JsonMapper().readTree(capture.about());
        } catch (JsonProcessingException e) {
            throw new SetupException(file + ": its second line is not JSON: " + e.getOriginalMessage());
        }
    }

    private static WorkloadDirectory workloads(JsonNode named) {
        final Map<Long, Workload> workloads = new HashMap<>();
        named.properties().forEach(entry -> {
            final JsonNode workload = entry.getValue();
            final Map<String, String> labels = new HashMap<>();
            workload.path("labels")
                    .properties()
                    .forEach(
                            label -> labels.put(label.getKey(), label.getValue().asText()));
            workloads.put(
                    Long.valueOf(entry.getKey()),
                    new Workload(
                            workload.path("workload_id").asText(),
                            workload.path("namespace").asText(),
                            workload.path("pod").asText(),
                            workload.path("service_account").asText(),
                            labels,
                            ""));
        });
        return workloads::get;
    }
}
