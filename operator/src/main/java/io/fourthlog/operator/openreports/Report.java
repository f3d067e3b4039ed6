package io.fourthlog.operator.openreports;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.ObjectReference;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is in a Report beside its metadata, as far as we write it; the schema is that of github.com/openreports/reports-api.
 *
 * @param source who wrote it
 * @param scope the namespace that it speaks of
 * @param summary how many results there are
 * @param results denials first, and of these the latest
 */
record Report(String source, ObjectReference scope, Summary summary, List<Result> results) {

    Report {
        results = List.copyOf(results);
    }

    /**
     * How many results there are.
     *
     * @param fail of rules that denied
     * @param warn of policies that flagged
     */
    record Summary(int fail, int warn) {}

    /** What became of a rule. */
    enum Outcome {
        @JsonProperty("fail")
        FAIL,
        @JsonProperty("warn")
        WARN
    }

    /**
     * What one rule denied one pod, or what one policy flagged.
     *
     * @param policy {@code NAMESPACE/NAME}
     * @param rule its name; null for all rules of the policy together
     * @param result what became of it
     * @param scored true: it is no mere hint
     * @param timestamp when last
     * @param resources the pod
     * @param message for people
     * @param properties what else there is for machines
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Result(
            String policy,
            @Nullable String rule,
            Outcome result,
            boolean scored,
            Timestamp timestamp,
            List<ObjectReference> resources,
            String message,
            Map<String, String> properties) {}

    /** Since 1970. */
    record Timestamp(long seconds, int nanos) {}
}
