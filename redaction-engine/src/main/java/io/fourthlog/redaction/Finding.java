package io.fourthlog.redaction;

/**
 * A place in a text that carries a tag.
 *
 * @param tag such as {@code secret:github}
 * @param start first position, in the unit that was asked for
 * @param end position after the last
 */
public record Finding(String tag, int start, int end) {}
