package io.fourthlog.fingerprint;

/**
 * Makes texts equal that differ only in white space, as after copying, wrapping or indenting: every run of ASCII white space
 * becomes one space, and there is none at the beginning and at the end.
 */
public final class Normalizer {

    private Normalizer() {}

    /**
     * Writes the normalised text.
     *
     * @param target has room for {@code length} bytes
     * @return bytes written
     */
    public static int normalize(byte[] text, int length, byte[] target) {
        int out = 0;
        boolean gap = false;
        for (int i = 0; i < length; i++) {
            byte b = text[i];
            if (b == ' ' || (b >= '\t' && b <= '\r')) {
                gap = out > 0;
            } else {
                if (gap) {
                    target[out++] = ' ';
                    gap = false;
                }
                target[out++] = b;
            }
        }
        return out;
    }
}
