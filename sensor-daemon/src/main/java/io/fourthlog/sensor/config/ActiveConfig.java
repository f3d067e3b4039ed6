package io.fourthlog.sensor.config;

import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.kernel.JavaTls;
import io.fourthlog.sensor.pipeline.PipelineConfig;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * A SensorConfig that compiled.
 *
 * @param config as the operator wrote it
 * @param digest {@code sha256:hex} of its canonical bytes
 * @param pipeline what the pipeline takes from it
 * @param policies all of its policies, which know those of their rules that go over their budget
 * @param heldPaths beginnings of paths at which a process waits until it is judged
 * @param enforces whether any rule has something done
 */
public record ActiveConfig(
        SensorConfig config,
        String digest,
        PipelineConfig pipeline,
        PolicySet policies,
        Set<String> heldPaths,
        boolean enforces) {

    public ActiveConfig {
        heldPaths = Set.copyOf(heldPaths);
    }

    /** The same, with another key for keyed hashes. */
    ActiveConfig with(Hmac key) {
        return new ActiveConfig(config, digest, pipeline.with(key), policies, heldPaths, enforces);
    }

    /** What is done to see through Java's own TLS in a workload. */
    public JavaTls javaTls(Workload workload) {
        return switch (config.javaTls(workload.namespace(), workload.labels())) {
            case Off -> JavaTls.OFF;
            case Option -> JavaTls.OPTION;
            case Attach -> JavaTls.ATTACH;
        };
    }

    /** Whether a policy selects a pod of a namespace, given first, with these labels. */
    public BiPredicate<String, Map<String, String>> selection() {
        return (namespace, labels) -> config.policies().stream().anyMatch(policy -> policy.selects(namespace, labels));
    }
}
