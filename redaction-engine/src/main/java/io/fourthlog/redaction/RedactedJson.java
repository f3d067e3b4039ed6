package io.fourthlog.redaction;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What may persist of a JSON value, such as the parameters of a tool call.
 *
 * @param shape the shape as RFC 8785 JSON, never a value; null when the content was dropped or is not JSON
 * @param sensitivity tags found in any name or value; {@code unknown:WHY} when the content was dropped or is not JSON
 * @param keyedHash {@code KEYID:hex} of HMAC-SHA-256 over the RFC 8785 form of the value, so that member order and whitespace do
 *     not matter; null when {@code shape} is
 * @param problem why {@code shape} is null, with a byte offset where there is one, and without content; null when it is not
 */
public record RedactedJson(
        @Nullable String shape,
        SortedSet<String> sensitivity,
        @Nullable String keyedHash,
        @Nullable String problem) {

    public RedactedJson {
        sensitivity = Collections.unmodifiableSortedSet(new TreeSet<>(sensitivity));
        if ((shape == null) != (keyedHash == null) || (shape == null) != (problem != null)) {
            throw new IllegalArgumentException("either shape and keyedHash, or a problem");
        }
    }
}
