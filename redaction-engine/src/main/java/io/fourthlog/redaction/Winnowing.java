package io.fourthlog.redaction;

/** Keyed winnowing fingerprints of a text part, so that an excerpt of it can be recognised. */
public final class Winnowing {

    private Winnowing() {}

    /**
     * How much of a recorded text part is in a document.
     *
     * @param matched recorded hashes that the document has as well
     * @param recorded recorded hashes
     */
    public record Match(int matched, int recorded) {}

    /**
     * Looks for a recorded text part, or an excerpt of it, in a document.
     *
     * @param winnow {@link Fingerprint#winnow()} of the recorded part
     * @param hmac the key that the part was recorded with
     * @throws IllegalArgumentException if {@code winnow} is not base64url of whole 64-bit hashes
     */
    @SuppressWarnings("DoNotCallSuggester")
    public static Match match(String winnow, Plaintext document, Hmac hmac) {
        throw new UnsupportedOperationException();
    }
}
