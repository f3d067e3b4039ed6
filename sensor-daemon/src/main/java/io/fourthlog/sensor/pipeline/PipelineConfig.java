package io.fourthlog.sensor.pipeline;

import io.fourthlog.redaction.Hmac;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.streams.Limits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything the pipeline takes from the sensor's configuration; the daemon builds one from each SensorConfig and hands it
 * to {@link Pipeline#configure}.
 *
 * @param sensorId the wire value of {@code sensor_id}
 * @param digest {@code sha256:hex} of the configuration, which every policy_decision carries
 * @param hmac the installation's key
 * @param ruleBook which rules hold for which workload
 * @param excludedFiles globs of absolute paths whose reads are counted, not recorded, beside the built-in ones
 * @param limits of one message
 */
public record PipelineConfig(
        String sensorId, String digest, Hmac hmac, RuleBook ruleBook, List<String> excludedFiles, Limits limits) {
    /** Resolves a workload's labels and namespace to its rules. */
    @FunctionalInterface
    public interface RuleBook {
        /** The rules of this workload, {@code null} if no policy selects it: nothing of it is recorded. */
        @Nullable
        Rules rulesFor(Workload workload);
    }

    public PipelineConfig {
        excludedFiles = List.copyOf(excludedFiles);
    }

    /** The same, with another key. */
    public PipelineConfig with(final Hmac key) {
        return new PipelineConfig(sensorId, digest, key, ruleBook, excludedFiles, limits);
    }
}
