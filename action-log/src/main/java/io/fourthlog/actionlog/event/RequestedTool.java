package io.fourthlog.actionlog.event;

import org.jspecify.annotations.Nullable;

/**
 * A tool that a model asked for, whether or not the runtime ran it.
 *
 * @param paramSchema the shape of the arguments, never a value; {@code null} when they did not parse
 * @param callId the id that ties it to the answer of the tool
 * @param paramHash {@code KEYID:hex}: HMAC-SHA-256 over the canonical JSON of the arguments
 */
public record RequestedTool(
        String name,
        @Nullable JsonFragment paramSchema,
        @Nullable String callId,
        @Nullable String paramHash) {

    public RequestedTool {
        name = Rules.text("tools_requested.name", name);
        Rules.shape("tools_requested.param_schema", paramSchema);
        callId = Rules.optionalText("tools_requested.call_id", callId);
        Rules.labelledHash("tools_requested.param_hash", paramHash);
    }
}
