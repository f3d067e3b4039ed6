package io.fourthlog.redaction;

/**
 * A mistake of a profile's author.
 *
 * @param path field of the RedactionProfile, such as {@code spec.detectors.custom[0].pattern}
 * @param message what is wrong and what would be right
 */
public record ProfileError(String path, String message) {}
