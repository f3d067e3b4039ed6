package io.fourthlog.redaction.detect;

/** Tells what a machine made from what a person wrote as a stand-in for it. */
final class Randomness {

    private static final Phrases STAND_INS = Phrases.of(
            "example",
            "placeholder",
            "yourtoken",
            "yourkey",
            "your_",
            "your-",
            "yourapi",
            "changeme",
            "redacted",
            "xxxxx",
            "replace",
            "insert");

    private Randomness() {}

    /**
     * Whether a token can be a real one: enough different characters, no character five times in a row, no long walk through the
     * alphabet or the digits, no word that says that it is an example.
     *
     * @param mixed whether the format has both letters and digits, so that one that is long has both as well
     */
    static boolean isPlausible(byte[] text, int from, int to, boolean mixed) {
        int length = to - from;
        long low = 0;
        long high = 0;
        int repeated = 1;
        int steps = 0;
        boolean digits = false;
        boolean letters = false;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            if (b >= 0 && b < 64) {
                low |= 1L << b;
            } else {
                high |= 1L << b;
            }
            digits |= b >= '0' && b <= '9';
            letters |= Bytes.is(b, Bytes.LETTER);
            if (i > from) {
                int step = b - text[i - 1];
                repeated = step == 0 ? repeated + 1 : 1;
                steps += step == 1 ? 1 : 0;
                if (repeated == 5 && length < 64) {
                    return false;
                }
            }
        }
        int different = Long.bitCount(low) + Long.bitCount(high);
        return different >= Math.min(8, length < 12 ? length / 2 : 6 + (length >= 20 ? 2 : 0))
                && steps * 5 < length * 4
                && (!mixed || length < 18 || (digits && letters))
                && !isStandIn(text, from, to);
    }

    static boolean isStandIn(byte[] text, int from, int to) {
        return STAND_INS.areIn(text, from, to);
    }
}
