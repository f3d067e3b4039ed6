package io.fourthlog.sensor.streams;

/**
 * How much of one message is kept; what passes a bound is shed with a gap.
 *
 * @param headBytes an HTTP head, start line and fields
 * @param bodyBytes a decoded body or one JSON-RPC message
 * @param eventBytes the data of one server-sent event
 * @param jsonDepth nesting of JSON
 * @param parts messages of a prompt, tools of an answer
 */
public record Limits(int headBytes, int bodyBytes, int eventBytes, int jsonDepth, int parts) {
    public static final Limits DEFAULT = new Limits(64 << 10, 16 << 20, 1 << 20, 64, 1024);
}
