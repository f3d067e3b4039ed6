package io.fourthlog.actionlog.event;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An agent called a tool.
 *
 * @param agentSessionId the session of the agent runtime, if it has one
 * @param toolVersion the version that the tool's server says it has
 * @param paramSchema the shape of the parameters, never a value
 * @param paramSensitivity what the parameters were found to hold; kept sorted
 * @param targetResourceType what kind of thing the tool works on: {@code file}, {@code http}, …
 * @param returnStatus {@code ok}, {@code error} or {@code none} (there was no answer)
 * @param returnSize bytes of the answer's content
 * @param returnHash SHA-256 hex of the answer's content before redaction, or {@code KEYID:hex} of a short one
 * @param durationMs from the request to the answer
 * @param callId the id of the call in its protocol
 * @param paramHash {@code KEYID:hex}: HMAC-SHA-256 over the canonical JSON of the parameters
 * @param destination the server or program that was called
 */
public record ToolInvocation(
        Header header,
        @Nullable String agentSessionId,
        String toolName,
        @Nullable String toolVersion,
        @Nullable JsonFragment paramSchema,
        List<String> paramSensitivity,
        @Nullable String targetResourceType,
        @Nullable String returnStatus,
        @Nullable Long returnSize,
        @Nullable String returnHash,
        @Nullable Long durationMs,
        @Nullable String callId,
        @Nullable String paramHash,
        @Nullable String destination,
        List<PartFingerprint> fingerprints)
        implements Event {

    static final List<String> RETURN_STATUSES = List.of("ok", "error", "none");

    public ToolInvocation {
        agentSessionId = Rules.optionalText("agent_session_id", agentSessionId);
        toolName = Rules.text("tool_name", toolName);
        toolVersion = Rules.optionalText("tool_version", toolVersion);
        Rules.shape("param_schema", paramSchema);
        paramSensitivity = Rules.sortedSet("param_sensitivity", paramSensitivity);
        targetResourceType = Rules.optionalText("target_resource_type", targetResourceType);
        Rules.oneOf("return_status", returnStatus, RETURN_STATUSES);
        Rules.count("return_size", returnSize);
        Rules.contentHash("return_hash", returnHash);
        Rules.count("duration_ms", durationMs);
        callId = Rules.optionalText("call_id", callId);
        Rules.labelledHash("param_hash", paramHash);
        destination = Rules.optionalText("destination", destination);
        fingerprints = List.copyOf(fingerprints);
        Rules.Unknowns.of(header)
                .field("agent_session_id", agentSessionId)
                .field("tool_version", toolVersion)
                .field("param_schema", paramSchema)
                .field("target_resource_type", targetResourceType)
                .field("return_status", returnStatus)
                .field("return_size", returnSize)
                .field("return_hash", returnHash)
                .field("duration_ms", durationMs)
                .nothingElse(EventType.TOOL_INVOCATION);
    }

    @Override
    public EventType type() {
        return EventType.TOOL_INVOCATION;
    }

    /** A builder for a call of {@code toolName}; each field that stays unset needs {@link Builder#unknown}. */
    public static Builder builder(Header header, String toolName) {
        return new Builder(header, toolName);
    }

    /** Collects the fields of a tool invocation by name. */
    public static final class Builder {

        private final Header header;
        private final String toolName;
        private final Map<String, String> unknown = new TreeMap<>();
        private @Nullable String agentSessionId;
        private @Nullable String toolVersion;
        private @Nullable JsonFragment paramSchema;
        private List<String> paramSensitivity = List.of();
        private @Nullable String targetResourceType;
        private @Nullable String returnStatus;
        private @Nullable Long returnSize;
        private @Nullable String returnHash;
        private @Nullable Long durationMs;
        private @Nullable String callId;
        private @Nullable String paramHash;
        private @Nullable String destination;
        private List<PartFingerprint> fingerprints = List.of();

        private Builder(Header header, String toolName) {
            this.header = header;
            this.toolName = toolName;
        }

        /** Says why the field with this wire name has no value. */
        public Builder unknown(String field, String reason) {
            unknown.put(field, reason);
            return this;
        }

        public Builder agentSessionId(@Nullable String value) {
            agentSessionId = value;
            return this;
        }

        public Builder toolVersion(@Nullable String value) {
            toolVersion = value;
            return this;
        }

        public Builder paramSchema(@Nullable JsonFragment value) {
            paramSchema = value;
            return this;
        }

        public Builder paramSensitivity(List<String> value) {
            paramSensitivity = value;
            return this;
        }

        public Builder targetResourceType(@Nullable String value) {
            targetResourceType = value;
            return this;
        }

        public Builder returnStatus(@Nullable String value) {
            returnStatus = value;
            return this;
        }

        public Builder returnSize(@Nullable Long value) {
            returnSize = value;
            return this;
        }

        public Builder returnHash(@Nullable String value) {
            returnHash = value;
            return this;
        }

        public Builder durationMs(@Nullable Long value) {
            durationMs = value;
            return this;
        }

        public Builder callId(@Nullable String value) {
            callId = value;
            return this;
        }

        public Builder paramHash(@Nullable String value) {
            paramHash = value;
            return this;
        }

        public Builder destination(@Nullable String value) {
            destination = value;
            return this;
        }

        public Builder fingerprints(List<PartFingerprint> value) {
            fingerprints = value;
            return this;
        }

        /** The event; refused when a field is neither set nor explained. */
        public ToolInvocation build() {
            return new ToolInvocation(
                    header.withUnknown(unknown),
                    agentSessionId,
                    toolName,
                    toolVersion,
                    paramSchema,
                    paramSensitivity,
                    targetResourceType,
                    returnStatus,
                    returnSize,
                    returnHash,
                    durationMs,
                    callId,
                    paramHash,
                    destination,
                    fingerprints);
        }
    }
}
