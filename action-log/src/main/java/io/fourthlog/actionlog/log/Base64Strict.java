package io.fourthlog.actionlog.log;

import java.util.Base64;

/**
 * Base64 (RFC 4648, section 4) that has one text for each value. The JDK's decoder ignores the unused bits of the last
 * character, so that a text could be changed and still mean the same.
 */
final class Base64Strict {

    private Base64Strict() {}

    static byte[] decode(String text) throws LogFormatException {
        final byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new LogFormatException("not base64: " + e.getMessage());
        }
        if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
            throw new LogFormatException("not canonical base64");
        }
        return bytes;
    }
}
