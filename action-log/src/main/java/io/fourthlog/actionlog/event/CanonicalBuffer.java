package io.fourthlog.actionlog.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.BiConsumer;

/**
 * A growing buffer that {@link EventCodec} writes canonical JSON into, for a thread to use again and again. It knows how
 * RFC 8785 writes each kind of value, and nothing of events.
 */
final class CanonicalBuffer {

    private static final int INITIAL_BYTES = 2 * 1024; // most events fit
    private static final int MAX_UTF8_PER_CHAR = 3; // bytes; a surrogate pair takes 4 for 2
    private static final int MAX_ESCAPE = 6; // bytes: \u001f
    private static final int MAX_LONG = 20; // bytes: -9223372036854775808
    private static final int UUID_LENGTH = 36; // bytes
    private static final int TIMESTAMP_LENGTH = 27; // bytes: 2026-01-31T23:59:59.123456Z

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long EACH = 0x0101010101010101L; // byte of a word
    private static final long SIGNS = 0x8080808080808080L;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int SECONDS_PER_DAY = 86_400;
    private static final int DAYS_PER_ERA = 146_097; // 400 years
    private static final int DAYS_TO_1970 = 719_468; // from 0000-03-01

    private byte[] bytes = new byte[INITIAL_BYTES];
    private final char[] block = new char[Rules.BLOCK];
    private int length;
    private final BiConsumer<String, String> member = this::member; // one for all maps

    /** Forgets the content and keeps the memory. */
    void clear() {
        length = 0;
    }

    /** The length of the content in bytes. */
    int length() {
        return length;
    }

    /** The memory behind the content, valid from 0 to {@link #length()} until the next write. */
    byte[] array() {
        return bytes;
    }

    /** A copy of the content. */
    byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** The content as text. */
    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    void ascii(char c) {
        reserve(1);
        bytes[length++] = (byte) c;
    }

    void raw(byte[] utf8) {
        reserve(utf8.length);
        System.arraycopy(utf8, 0, bytes, length, utf8.length);
        length += utf8.length;
    }

    /** Text as it stands, without quotes or escapes: JSON that is canonical already. */
    void verbatim(String text) {
        reserve(text.length() * MAX_UTF8_PER_CHAR);
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (c < 0x80) {
                bytes[length++] = (byte) c;
            } else {
                i += multibyte(text, i);
            }
        }
    }

    /** A string with quotes and the escapes of RFC 8785, section 3.2.2.2. */
    void string(String text) {
        if (text.length() < Rules.LONG || !plain(text)) {
            escaped(text);
        }
    }

    /** Writes a string in which every character is one byte and stands for itself; else nothing that counts, and is false. */
    // Of the ways to get at the bytes of a string this deprecated one makes no copy; chars beyond Latin-1 it cuts.
    @SuppressWarnings("deprecation")
    private boolean plain(String text) {
        if (Rules.bits(text, block) > 0xFF) {
            return false;
        }
        reserve(text.length() + 2);
        text.getBytes(0, text.length(), bytes, length + 1);
        if (!isPlain(length + 1, length + 1 + text.length())) {
            return false;
        }
        bytes[length] = '"';
        length += text.length() + 2;
        bytes[length - 1] = '"';
        return true;
    }

    /** Whether bytes are ASCII, and none is to be escaped: eight at a time. */
    private boolean isPlain(int from, int to) {
        long not = 0; // by first bits, below which nothing is borrowed before one is set
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            final long word = (long) WORD.get(bytes, i);
            not |= word | (word - ' ' * EACH) | ((word ^ '"' * EACH) - EACH) | ((word ^ '\\' * EACH) - EACH);
        }
        boolean plain = (not & SIGNS) == 0;
        for (; i < to; i++) {
            plain &= bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\';
        }
        return plain;
    }

    private void escaped(String text) {
        reserve(text.length() * MAX_ESCAPE + 2);
        bytes[length++] = '"';
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (c >= 0x80) {
                i += multibyte(text, i);
            } else if (c >= ' ' && c != '"' && c != '\\') {
                bytes[length++] = (byte) c;
            } else {
                escape(c);
            }
        }
        bytes[length++] = '"';
    }

    /** An object of strings; the order of the map is that of RFC 8785, section 3.2.3. */
    void members(SortedMap<String, String> map) {
        ascii('{');
        map.forEach(member);
        ascii('}');
    }

    private void member(String name, String value) {
        if (bytes[length - 1] != '{') {
            ascii(',');
        }
        string(name);
        ascii(':');
        string(value);
    }

    void number(long value) {
        reserve(MAX_LONG);
        if (value < 0) {
            verbatim(Long.toString(value));
            return;
        }
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        digits(value, digits);
    }

    void uuid(UUID value) {
        reserve(UUID_LENGTH + 2);
        bytes[length++] = '"';
        hex(value.getMostSignificantBits(), 64, 32);
        bytes[length++] = '-';
        hex(value.getMostSignificantBits(), 32, 16);
        bytes[length++] = '-';
        hex(value.getMostSignificantBits(), 16, 0);
        bytes[length++] = '-';
        hex(value.getLeastSignificantBits(), 64, 48);
        bytes[length++] = '-';
        hex(value.getLeastSignificantBits(), 48, 0);
        bytes[length++] = '"';
    }

    /** RFC 3339 in UTC with microseconds. The calendar is Howard Hinnant's civil_from_days, without objects. */
    void timestamp(Instant value) {
        reserve(TIMESTAMP_LENGTH + 2);
        final long days = Math.floorDiv(value.getEpochSecond(), SECONDS_PER_DAY) + DAYS_TO_1970;
        final int second = Math.floorMod(value.getEpochSecond(), SECONDS_PER_DAY);
        final long era = days / DAYS_PER_ERA;
        final long dayOfEra = days % DAYS_PER_ERA;
        final long yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        final long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100); // from 1 March
        final long shiftedMonth = (5 * dayOfYear + 2) / 153;
        final long month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        bytes[length++] = '"';
        digits(era * 400 + yearOfEra + (month <= 2 ? 1 : 0), 4);
        bytes[length++] = '-';
        digits(month, 2);
        bytes[length++] = '-';
        digits(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2);
        bytes[length++] = 'T';
        digits(second / 3_600, 2);
        bytes[length++] = ':';
        digits(second / 60 % 60, 2);
        bytes[length++] = ':';
        digits(second % 60, 2);
        bytes[length++] = '.';
        digits(value.getNano() / 1_000, 6);
        bytes[length++] = 'Z';
        bytes[length++] = '"';
    }

    private void digits(long value, int count) {
        long rest = value;
        for (int i = length + count - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += count;
    }

    private void hex(long value, int fromBit, int toBit) {
        for (int shift = fromBit - 4; shift >= toBit; shift -= 4) {
            bytes[length++] = HEX[(int) (value >>> shift) & 0xF];
        }
    }

    private void escape(char c) {
        bytes[length++] = '\\';
        switch (c) {
            case '"', '\\' -> bytes[length++] = (byte) c;
            case '\b' -> bytes[length++] = 'b';
            case '\t' -> bytes[length++] = 't';
            case '\n' -> bytes[length++] = 'n';
            case '\f' -> bytes[length++] = 'f';
            case '\r' -> bytes[length++] = 'r';
            default -> {
                bytes[length++] = 'u';
                bytes[length++] = '0';
                bytes[length++] = '0';
                bytes[length++] = HEX[c >> 4];
                bytes[length++] = HEX[c & 0xF];
            }
        }
    }

    /** Writes the code point at {@code i}, and returns how many chars beyond the first it took. */
    private int multibyte(String text, int i) {
        final int point = text.codePointAt(i);
        if (point < 0x800) {
            bytes[length++] = (byte) (0xC0 | point >> 6);
            bytes[length++] = (byte) (0x80 | (point & 0x3F));
            return 0;
        }
        if (point <= Character.MAX_VALUE) {
            if (Character.isSurrogate((char) point)) {
                throw new IllegalArgumentException("a surrogate without its other half at char " + i);
            }
            bytes[length++] = (byte) (0xE0 | point >> 12);
            bytes[length++] = (byte) (0x80 | ((point >> 6) & 0x3F));
            bytes[length++] = (byte) (0x80 | (point & 0x3F));
            return 0;
        }
        bytes[length++] = (byte) (0xF0 | point >> 18);
        bytes[length++] = (byte) (0x80 | ((point >> 12) & 0x3F));
        bytes[length++] = (byte) (0x80 | ((point >> 6) & 0x3F));
        bytes[length++] = (byte) (0x80 | (point & 0x3F));
        return 1;
    }

    private void reserve(int more) {
        final int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8)));
        }
    }
}
