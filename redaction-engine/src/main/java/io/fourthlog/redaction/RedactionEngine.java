package io.fourthlog.redaction;

/**
 * Turns content into what may persist of it. Content comes from the sensor's decoders as {@link Plaintext}; tags, shapes and
 * hashes go into events. The caller closes the Plaintext.
 *
 * <p>Fails closed: when a detector throws or a budget runs out, the content is dropped and its sensitivity is
 * {@code unknown:WHY}. Confined to one thread at a time; engines of one {@link Profile} share its tables.
 */
public final class RedactionEngine {

    private final Profile profile;
    private final Hmac hmac;

    private RedactionEngine(Profile profile, Hmac hmac) {
        this.profile = profile;
        this.hmac = hmac;
    }

    public static RedactionEngine create(Profile profile, Hmac hmac) {
        return new RedactionEngine(profile, hmac);
    }

    /** Redacts a text part. */
    @SuppressWarnings("DoNotCallSuggester")
    public Redacted redact(Plaintext text) {
        throw new UnsupportedOperationException(profile.name() + hmac + text);
    }

    /** Redacts a JSON value. */
    @SuppressWarnings("DoNotCallSuggester")
    public RedactedJson redactJson(Plaintext json) {
        throw new UnsupportedOperationException(json.toString());
    }

    /** Where the text carries which tags; for trying a profile. */
    @SuppressWarnings("DoNotCallSuggester")
    public Findings findings(Plaintext text, Findings.Unit unit) {
        throw new UnsupportedOperationException(text.toString() + unit);
    }
}
