package io.fourthlog.actionlog.event;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The key that the events of one subject and day are sealed with: made by a sensor, kept by the collector, and destroyed to erase
 * what it seals. Its name is random, and says nothing of the subject.
 */
public final class SubjectKey {

    /** Bytes of a key: AES-256. */
    public static final int LENGTH = 32;

    private static final int ID_BYTES = 16;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String id;
    private final byte[] key;

    /**
     * A key.
     *
     * @param id 32 lower-case hex digits
     * @throws IllegalArgumentException when one of the two is not of that form
     */
    public SubjectKey(String id, byte[] key) {
        if (!isId(id) || key.length != LENGTH) {
            throw new IllegalArgumentException("a subject key has an id of 32 hex digits, and " + LENGTH + " bytes");
        }
        this.id = id;
        this.key = key.clone();
    }

    /** A new key with a new id. */
    public static SubjectKey generate() {
        final byte[] id = new byte[ID_BYTES];
        final byte[] key = new byte[LENGTH];
        RANDOM.nextBytes(id);
        RANDOM.nextBytes(key);
        return new SubjectKey(HexFormat.of().formatHex(id), key);
    }

    /** Whether a text has the form of an id. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    public String id() {
        return id;
    }

    /** A copy of the key itself. */
    public byte[] bytes() {
        return key.clone();
    }

    /** The name only. */
    @Override
    public String toString() {
        return "SubjectKey[" + id + "]";
    }
}
