package io.fourthlog.redaction;

/**
 * The shape of a content that is no JSON: its media type by its first bytes, its length and its number of lines in buckets. Written as
 * RFC 8785 JSON, like {@link Shape}.
 */
final class TextShape {

    private static final int LOOKED_AT = 1024; // bytes

    private TextShape() {}

    static String of(byte[] text, int length, long lines) {
        return "{\"length\":\"" + Shape.bucket(length) + "\",\"lines\":\""
                + Shape.bucket((int) Math.min(lines, Integer.MAX_VALUE)) + "\",\"media_type\":\""
                + mediaType(text, length) + "\"}";
    }

    /** The media type (RFC 6838) that the first bytes show. */
    static String mediaType(byte[] text, int length) {
        int start = 0;
        int end = Math.min(length, LOOKED_AT);
        if (length == 0) {
            return "application/x-empty";
        }
        if (startsWith(text, length, "%PDF-")) {
            return "application/pdf";
        }
        if (startsWith(text, length, "\u0089PNG")) {
            return "image/png";
        }
        if (startsWith(text, length, "\u00FF\u00D8\u00FF")) {
            return "image/jpeg";
        }
        if (startsWith(text, length, "GIF8")) {
            return "image/gif";
        }
        if (startsWith(text, length, "PK\u0003\u0004")) {
            return "application/zip";
        }
        if (startsWith(text, length, "\u001F\u008B")) {
            return "application/gzip";
        }
        if (startsWith(text, length, "\u007FELF")) {
            return "application/x-elf";
        }
        int control = 0;
        for (int i = 0; i < end; i++) {
            control += text[i] >= 0 && text[i] < ' ' && text[i] != '\n' && text[i] != '\r' && text[i] != '\t' ? 1 : 0;
        }
        if (control * 20 > end) {
            return "application/octet-stream";
        }
        while (start < end
                && (text[start] == ' ' || text[start] == '\n' || text[start] == '\r' || text[start] == '\t')) {
            start++;
        }
        if (start < end && text[start] == '<') {
            boolean html = contains(text, start, end, "<html") || contains(text, start, end, "<!doctype html");
            return html ? "text/html" : "text/xml";
        }
        return isTable(text, end) ? "text/csv" : "text/plain";
    }

    /** Whether the first two lines have the same number of commas, and some. */
    private static boolean isTable(byte[] text, int end) {
        int first = -1;
        int commas = 0;
        for (int i = 0; i < end; i++) {
            commas += text[i] == ',' ? 1 : 0;
            if (text[i] == '\n') {
                if (first >= 0) {
                    return first == commas && first >= 2;
                }
                first = commas;
                commas = 0;
            }
        }
        return false;
    }

    /** Whether the first bytes are the characters of a Latin-1 string. */
    private static boolean startsWith(byte[] text, int length, String magic) {
        if (length < magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if ((text[i] & 0xFF) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean contains(byte[] text, int from, int to, String lowerCase) {
        for (int i = from; i + lowerCase.length() <= to; i++) {
            int matched = 0;
            while (matched < lowerCase.length()
                    && Character.toLowerCase(text[i + matched]) == lowerCase.charAt(matched)) {
                matched++;
            }
            if (matched == lowerCase.length()) {
                return true;
            }
        }
        return false;
    }
}
