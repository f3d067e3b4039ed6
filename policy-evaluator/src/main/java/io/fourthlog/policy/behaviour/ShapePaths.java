package io.fourthlog.policy.behaviour;

import java.util.function.LongConsumer;

/**
 * Goes through the shape of a tool's parameters, which is canonical JSON, and gives a hash for each name in it together
 * with the names that it is in: enough to tell new parameters from known ones, without parsing it into objects.
 */
final class ShapePaths {

    private static final int DEEPEST = 32;

    private ShapePaths() {}

    static void forEach(SipHash hash, String json, LongConsumer paths) {
        final long[] outer = new long[DEEPEST];
        int depth = 0;
        long name = 0;
        int at = 0;
        while (at < json.length()) {
            final char c = json.charAt(at);
            if (c == '"') {
                final int end = endOfString(json, at);
                if (end < json.length() && json.charAt(end) == ':') {
                    name = SipHash.join(outer[Math.min(depth, DEEPEST - 1)], hash.of(json, at, end));
                    paths.accept(name);
                } else if (depth > 0) {
                    paths.accept(SipHash.join(name, hash.of(json, at, end)));
                }
                at = end;
            } else {
                if (c == '{' && ++depth < DEEPEST) {
                    outer[depth] = name;
                } else if (c == '}' && depth-- < DEEPEST) {
                    name = outer[depth + 1];
                }
                at++;
            }
        }
    }

    private static int endOfString(String json, int start) {
        int at = start + 1;
        while (at < json.length() && json.charAt(at) != '"') {
            at += json.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(json.length(), at + 1);
    }
}
