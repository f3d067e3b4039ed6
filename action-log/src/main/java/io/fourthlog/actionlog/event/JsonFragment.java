package io.fourthlog.actionlog.event;

/**
 * A JSON value as its RFC 8785 text, which is embedded in an event as it stands: a parameter shape from the redaction
 * engine, or a field of a newer schema version.
 *
 * @param json canonical JSON; anything else is refused
 */
public record JsonFragment(String json) {

    private static final JsonFragment NULL = new JsonFragment("null");

    public JsonFragment {
        final String canonical = CanonicalJson.canonicalize(json);
        if (!canonical.equals(json)) {
            throw new IllegalArgumentException("not canonical JSON (RFC 8785): it would be " + canonical);
        }
    }

    /**
     * The canonical form of any JSON text.
     *
     * @throws IllegalArgumentException when it is not JSON, has a duplicate name, or is nested deeper than 64
     */
    public static JsonFragment of(String json) {
        return new JsonFragment(CanonicalJson.canonicalize(json));
    }

    boolean isNull() {
        return equals(NULL);
    }
}
