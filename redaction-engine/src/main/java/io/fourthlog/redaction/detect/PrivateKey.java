package io.fourthlog.redaction.detect;

import java.util.List;

/** PEM and PGP private keys, whole or cut off, also with the line breaks of a JSON or environment string. */
final class PrivateKey implements Detector {

    private static final String BEGIN = "-----BEGIN ";
    private static final String LABEL = "PRIVATE KEY";
    private static final int MAX_LABEL = 40; // bytes, such as "ENCRYPTED PRIVATE KEY"
    private static final int MIN_BODY = 24; // base64 characters, fewer is an example
    private static final byte[] DASHES = {'-', '-', '-', '-', '-'};

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:private-key",
                "Private keys in PEM (RFC 7468) and PGP armour (RFC 9580), whole or cut off",
                "",
                "",
                "https://www.rfc-editor.org/rfc/rfc7468",
                List.of(
                        "-----BEGIN PRIVATE"
                                + " KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpe\n-----END PRIVATE"
                                + " KEY-----",
                        "\"-----BEGIN RSA PRIVATE" + " KEY-----\\nMIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buRz/j0mZ\\n\"",
                        "-----BEGIN RSA PRIVATE" + " KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n"
                                + "jx9kGzLsq0bYb3o0eYH1xC2k"),
                List.of(
                        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
                        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUBnDg1Ewq0X1y0b8f2ZxvTg==",
                        "paste it between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY-----"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.literal(BEGIN));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int label = at + BEGIN.length();
        int labelEnd = indexOfDashes(text, label, Math.min(to, label + MAX_LABEL + DASHES.length));
        if (labelEnd < 0 || !isPrivate(text, label, labelEnd)) {
            return Span.NONE;
        }
        int body = labelEnd + DASHES.length;
        int next = indexOfDashes(text, body, to);
        int keyEnd = keyEnd(text, body, next < 0 ? to : next);
        if (keyEnd < 0) {
            return Span.NONE;
        }
        return Span.of(at, next < 0 ? keyEnd : endOfEndLine(text, next, to));
    }

    /** Index after the lines of base64, whatever headers are above them, or -1 if there are none to speak of. */
    private static int keyEnd(byte[] text, int from, int to) {
        int base64 = 0;
        for (int i = from; i < to; i++) {
            if (Bytes.is(text[i], Bytes.ALNUM | Bytes.BASE64)) {
                base64++;
            } else if (base64 >= MIN_BODY && !isLineBreak(text[i])) {
                return i;
            } else if (base64 < MIN_BODY) {
                base64 = 0;
            }
        }
        return base64 >= MIN_BODY ? to : -1;
    }

    private static boolean isLineBreak(byte b) {
        return b == '\n' || b == '\r' || b == '\\';
    }

    private static boolean isPrivate(byte[] text, int from, int to) {
        for (int i = from; i + LABEL.length() <= to; i++) {
            if (Bytes.startsWith(text, i, to, LABEL)) {
                return true;
            }
        }
        return false;
    }

    private static int endOfEndLine(byte[] text, int at, int to) {
        int label = at + DASHES.length;
        if (!Bytes.startsWith(text, label, to, "END ")) {
            return at;
        }
        int end = indexOfDashes(text, label, Math.min(to, label + MAX_LABEL + DASHES.length));
        return end < 0 ? at : end + DASHES.length;
    }

    private static int indexOfDashes(byte[] text, int from, int to) {
        for (int i = from; i + DASHES.length <= to; i++) {
            if (Bytes.startsWith(text, i, to, DASHES)) {
                return i;
            }
        }
        return -1;
    }
}
