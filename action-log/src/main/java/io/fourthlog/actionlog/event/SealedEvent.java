package io.fourthlog.actionlog.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * An event that only its subject's key opens, as it stands in a log: RFC 8785 JSON of what readers need to order and to verify, and
 * all else encrypted.
 *
 * <pre>
 *   commitment   SHA-256(salt ‖ the event's canonical bytes): whoever kept both can prove what was logged, key or no key
 *   sealed       base64 of nonce (12, random) ‖ AES-256-GCM(salt (16) ‖ the event's canonical bytes)
 *                with the canonical bytes of all members but this one as associated data
 * </pre>
 *
 * <p>A key seals the events of one subject and day: 2³² of them before random nonces become a risk (NIST SP 800-38D, 8.3).
 *
 * @param commitment 64 hex digits
 * @param subjectKey the id of the key
 * @param sealed nonce, ciphertext and tag
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
public record SealedEvent(
        UUID eventId,
        EventType type,
        Instant ts,
        String sensorId,
        int schemaVersion,
        String commitment,
        String subjectKey,
        byte[] sealed) {

    private static final byte[] START = "{\"commitment\":\"".getBytes(StandardCharsets.US_ASCII); // no event starts so
    private static final int NONCE = 12; // bytes
    private static final int SALT = 16; // bytes
    private static final int TAG_BITS = 128;
    private static final int COMMITMENT_DIGITS = 64;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ThreadLocal<Cipher> CIPHERS = ThreadLocal.withInitial(SealedEvent::newCipher);

    /**
     * What was inside.
     *
     * @param json the event's canonical bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
    public record Opened(byte[] json, byte[] salt) {}

    /** Whether an entry's bytes look like one; {@link #parse} tells. */
    public static boolean looksSealed(byte[] entry) {
        return entry.length > START.length && Arrays.equals(entry, 0, START.length, START, 0, START.length);
    }

    /** Seals an event: the bytes of its entry. */
    public static byte[] seal(Event event, SubjectKey key) {
        final byte[] json = EventCodec.encode(event);
        final byte[] random = new byte[NONCE + SALT];
        RANDOM.nextBytes(random);
        final byte[] nonce = Arrays.copyOf(random, NONCE);
        final byte[] salt = Arrays.copyOfRange(random, NONCE, random.length);
        final SealedEvent bare = new SealedEvent(
                event.header().eventId(),
                event.type(),
                event.header().ts(),
                event.header().sensorId(),
                event.header().schemaVersion(),
                commitment(salt, json),
                key.id(),
                new byte[0]);
        try {
            final Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce);
            cipher.updateAAD(bare.bytes(false));
            final byte[] sealed = new byte[NONCE + SALT + json.length + TAG_BITS / Byte.SIZE];
            System.arraycopy(nonce, 0, sealed, 0, NONCE);
            final int begun = cipher.update(salt, 0, SALT, sealed, NONCE);
            cipher.doFinal(json, 0, json.length, sealed, NONCE + begun);
            return bare.with(sealed).bytes(true);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("everything can be encrypted", e);
        }
    }

    private SealedEvent with(byte[] content) {
        return new SealedEvent(eventId, type, ts, sensorId, schemaVersion, commitment, subjectKey, content);
    }

    /** What commits to an event. */
    public static String commitment(byte[] salt, byte[] json) {
        try {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(salt);
            return HexFormat.of().formatHex(digest.digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Reads an entry.
     *
     * @throws EventFormatException when it is none, or not in canonical form
     */
    public static SealedEvent parse(byte[] entry) throws EventFormatException {
        @Nullable String commitment = null;
        @Nullable UUID eventId = null;
        @Nullable EventType type = null;
        long schemaVersion = 0;
        byte @Nullable [] sealed = null;
        @Nullable String sensorId = null;
        @Nullable String subjectKey = null;
        @Nullable Instant ts = null;
        try (EventParser in = new EventParser(entry)) {
            in.startObject();
            for (String name = in.nextName(); name != null; name = in.nextName()) {
                switch (name) {
                    case "commitment" -> commitment = in.text();
                    case "event_id" -> eventId = in.uuid();
                    case "event_type" -> type = FieldCatalog.TYPES.reader().read(in);
                    case "schema_version" -> schemaVersion = in.integer(1, Integer.MAX_VALUE);
                    case "sealed" -> sealed = base64(in);
                    case "sensor_id" -> sensorId = in.text();
                    case "subject_key" -> subjectKey = in.text();
                    case "ts" -> ts = in.timestamp();
                    default -> throw in.failure("is not a member of a sealed event");
                }
                in.leave();
            }
            in.end();
        }
        if (commitment == null
                || eventId == null
                || type == null
                || schemaVersion == 0
                || sealed == null
                || sensorId == null
                || subjectKey == null
                || ts == null) {
            throw new EventFormatException("", 0, "a member of a sealed event is missing");
        }
        final SealedEvent event =
                new SealedEvent(eventId, type, ts, sensorId, (int) schemaVersion, commitment, subjectKey, sealed);
        if (commitment.length() != COMMITMENT_DIGITS
                || !SubjectKey.isId(subjectKey)
                || sealed.length < NONCE + SALT + TAG_BITS / Byte.SIZE
                || !Arrays.equals(event.bytes(true), entry)) {
            throw new EventFormatException("", 0, "not a sealed event in canonical form");
        }
        return event;
    }

    private static byte[] base64(EventParser in) throws EventFormatException {
        final String text = in.text();
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw in.failure("is not base64");
        }
    }

    /** The canonical bytes, with {@link #sealed} or without. */
    private byte[] bytes(boolean whole) {
        final CanonicalBuffer out = new CanonicalBuffer();
        out.verbatim("{\"commitment\":");
        out.string(commitment);
        out.verbatim(",\"event_id\":");
        out.uuid(eventId);
        out.verbatim(",\"event_type\":");
        out.string(type.wire());
        out.verbatim(",\"schema_version\":");
        out.number(schemaVersion);
        if (whole) {
            out.verbatim(",\"sealed\":\"");
            out.raw(Base64.getEncoder().encode(sealed));
            out.ascii('"');
        }
        out.verbatim(",\"sensor_id\":");
        out.string(sensorId);
        out.verbatim(",\"subject_key\":");
        out.string(subjectKey);
        out.verbatim(",\"ts\":");
        out.timestamp(ts);
        out.ascii('}');
        return out.toByteArray();
    }

    /**
     * Opens it.
     *
     * @throws EventFormatException when the key does not open it, or what is inside is not what the outside says
     */
    public Opened open(SubjectKey key) throws EventFormatException {
        final byte[] plain;
        try {
            final Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, Arrays.copyOf(sealed, NONCE));
            cipher.updateAAD(bytes(false));
            plain = cipher.doFinal(sealed, NONCE, sealed.length - NONCE);
        } catch (GeneralSecurityException e) {
            throw new EventFormatException("sealed", 0, "the key " + key.id() + " does not open it");
        }
        final ByteBuffer content = ByteBuffer.wrap(plain);
        final byte[] salt = new byte[SALT];
        content.get(salt);
        final byte[] json = new byte[content.remaining()];
        content.get(json);
        requireOpens(json, salt);
        return new Opened(json, salt);
    }

    /**
     * Checks that an event is the one that was sealed, by its commitment.
     *
     * @return the event
     * @throws EventFormatException when it is not, or is not what the outside says
     */
    public Event requireOpens(byte[] json, byte[] salt) throws EventFormatException {
        if (salt.length != SALT || !commitment(salt, json).equals(commitment)) {
            throw new EventFormatException("commitment", 0, "is not of what is inside");
        }
        final Event event = EventCodec.decode(json);
        final Header header = event.header();
        if (!Arrays.equals(EventCodec.encode(event), json)
                || !header.eventId().equals(eventId)
                || event.type() != type
                || !header.ts().equals(ts)
                || !header.sensorId().equals(sensorId)
                || header.schemaVersion() != schemaVersion) {
            throw new EventFormatException("sealed", 0, "what is inside is not what the outside says");
        }
        return event;
    }

    private static Cipher cipher(int mode, SubjectKey key, byte[] nonce) throws GeneralSecurityException {
        final Cipher cipher = CIPHERS.get();
        cipher.init(mode, new SecretKeySpec(key.bytes(), "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    private static Cipher newCipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }
}
