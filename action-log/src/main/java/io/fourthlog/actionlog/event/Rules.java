package io.fourthlog.actionlog.event;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The rules that the constructors of this package hold values to; each refuses with the wire name of the field. */
final class Rules {

    /** 2^53 - 1: RFC 8785 numbers are IEEE doubles, so a larger count could not be written exactly. */
    static final long MAX_COUNT = (1L << 53) - 1;

    /** 9999-12-31T23:59:59Z: RFC 3339 years have four digits. */
    private static final long MAX_EPOCH_SECOND = 253_402_300_799L;

    /** Chars of a text that is taken as a whole if it can be. */
    static final int LONG = 64;

    static final int BLOCK = 256; // chars

    private static final int SHA_256_HEX = 64; // hex digits
    private static final int TRACE_ID_HEX = 32; // hex digits
    private static final boolean[] LOWER_HEX = new boolean['f' + 1];

    static {
        "0123456789abcdef".chars().forEach(digit -> LOWER_HEX[digit] = true);
    }

    private Rules() {}

    static void traceId(String value) {
        if (value.length() != TRACE_ID_HEX || !isLowerHex(value, 0) || allZero(value)) {
            throw new InvalidField("trace_id", "\"" + value + "\" is not 32 lower-case hex digits, not all zero");
        }
    }

    static Instant timestamp(String field, Instant value) {
        if (value.getEpochSecond() < 0 || value.getEpochSecond() > MAX_EPOCH_SECOND) {
            throw new InvalidField(field, value + " is not between the years 1970 and 9999");
        }
        return value;
    }

    static void count(String field, @Nullable Long value) {
        if (value != null && (value < 0 || value > MAX_COUNT)) {
            throw new InvalidField(field, value + " is not between 0 and 2^53 - 1");
        }
    }

    /** A text that says something. */
    static String text(String field, String value) {
        if (value.isEmpty()) {
            throw new InvalidField(field, "is empty");
        }
        return wellFormed(value);
    }

    static @Nullable String optionalText(String field, @Nullable String value) {
        return value == null ? null : text(field, value);
    }

    static @Nullable String oneOf(String field, @Nullable String value, List<String> allowed) {
        if (value != null && !allowed.contains(value)) {
            throw new InvalidField(field, "\"" + value + "\" is none of " + allowed);
        }
        return value;
    }

    /** A shape is a JSON object. */
    static void shape(String field, @Nullable JsonFragment value) {
        if (value != null && !value.json().startsWith("{")) {
            throw new InvalidField(field, "is not a JSON object: " + value.json());
        }
    }

    /** A SHA-256 in lower-case hex. */
    static void sha256(String field, @Nullable String value) {
        if (value != null && (value.length() != SHA_256_HEX || !isLowerHex(value, 0))) {
            throw new InvalidField(field, "\"" + value + "\" is not 64 lower-case hex digits");
        }
    }

    /** A 256-bit hash in lower-case hex behind {@code KEYID:} or {@code sha256:}. */
    static void labelledHash(String field, @Nullable String value) {
        if (value == null) {
            return;
        }
        final int hex = value.length() - SHA_256_HEX;
        if (hex < 2 || value.charAt(hex - 1) != ':' || !isLowerHex(value, hex)) {
            throw new InvalidField(field, "\"" + value + "\" is not a label, a colon and 64 lower-case hex digits");
        }
    }

    /** A hash of content: bare SHA-256 hex, or keyed and labelled where the content could be guessed. */
    static void contentHash(String field, @Nullable String value) {
        if (value != null && value.indexOf(':') >= 0) {
            labelledHash(field, value);
        } else {
            sha256(field, value);
        }
    }

    /** A set of texts as a sorted immutable list, so that equal sets have equal bytes. */
    static List<String> sortedSet(String field, Collection<String> values) {
        if (values.isEmpty()) {
            return List.of();
        }
        final TreeSet<String> sorted = new TreeSet<>();
        for (final String value : values) {
            sorted.add(text(field, value));
        }
        return List.copyOf(sorted);
    }

    static List<String> texts(String field, List<String> values) {
        return values.isEmpty()
                ? List.of()
                : values.stream().map(value -> text(field, value)).toList();
    }

    static SortedMap<String, String> reasons(Map<String, String> unknown) {
        final TreeMap<String, String> sorted = new TreeMap<>();
        unknown.forEach((field, reason) -> sorted.put(text("unknown", field), text("unknown." + field, reason)));
        return Collections.unmodifiableSortedMap(sorted);
    }

    /**
     * The text with U+FFFD for every surrogate that has lost its other half. What an agent sends is hostile, and has to
     * be recorded all the same; but such a text has no UTF-8, and RFC 8785 refuses it.
     */
    static String wellFormed(String value) {
        if (value.length() >= LONG && bits(value, new char[BLOCK]) < Character.MIN_SURROGATE) {
            return value;
        }
        for (int i = 0; i < value.length(); i++) {
            if (Character.isSurrogate(value.charAt(i))) {
                return repaired(value);
            }
        }
        return value;
    }

    /**
     * All bits that some char of a text has. The chars are looked at in a block of memory: where texts of Latin-1 and others come by, the
     * compiler makes no good loop of {@link String#charAt}.
     */
    static int bits(String text, char[] block) {
        int bits = 0;
        for (int from = 0; from < text.length(); from += block.length) {
            final int count = Math.min(block.length, text.length() - from);
            text.getChars(from, from + count, block, 0);
            for (int i = 0; i < count; i++) {
                bits |= block[i];
            }
        }
        return bits;
    }

    /** Names are not repaired: two of them could become one. */
    static void wellFormedName(String name) {
        if (!wellFormed(name).equals(name)) {
            throw new InvalidField(wellFormed(name), "is a name with a surrogate without its other half");
        }
    }

    private static String repaired(String value) {
        final StringBuilder repaired = new StringBuilder(value.length());
        value.codePoints()
                .map(point -> point <= Character.MAX_VALUE && Character.isSurrogate((char) point) ? 0xFFFD : point)
                .forEach(repaired::appendCodePoint);
        return repaired.toString();
    }

    private static boolean isLowerHex(String value, int from) {
        boolean all = true; // without branches, which digits that are random would have taken at random
        for (int i = from; i < value.length(); i++) {
            final char c = value.charAt(i);
            all &= c < LOWER_HEX.length && LOWER_HEX[c];
        }
        return all;
    }

    private static boolean allZero(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) != '0') {
                return false;
            }
        }
        return true;
    }

    /** The rule that a field is {@code null} if and only if {@code unknown} says why, over all fields of an event. */
    static final class Unknowns {

        private final Header header;
        private int explained;

        private Unknowns(Header header) {
            this.header = header;
            this.explained = header.triggeringEventId() == null ? 1 : 0;
        }

        static Unknowns of(Header header) {
            return new Unknowns(header);
        }

        Unknowns field(String name, @Nullable Object value) {
            final boolean listed = header.unknown().containsKey(name);
            if (value == null && !listed) {
                throw new InvalidField(name, "is null, and unknown does not say why");
            }
            if (value != null && listed) {
                throw new InvalidField(
                        name,
                        "is known, but listed in unknown: " + header.unknown().get(name));
            }
            if (listed) {
                explained++;
            }
            return this;
        }

        /** Checks that nothing else is listed; a null field of a newer schema version is an extension. */
        void nothingElse(EventType type) {
            for (final Map.Entry<String, JsonFragment> extension :
                    header.extensions().entrySet()) {
                if (FieldCatalog.of(type).has(extension.getKey())) {
                    throw new InvalidField(extension.getKey(), "is a field of " + type.wire() + ", not an extension");
                }
                if (extension.getValue().isNull() && header.unknown().containsKey(extension.getKey())) {
                    explained++;
                }
            }
            if (explained != header.unknown().size()) {
                throw new InvalidField(
                        "unknown",
                        "lists a field that the event does not have as null: "
                                + header.unknown().keySet());
            }
        }
    }
}
