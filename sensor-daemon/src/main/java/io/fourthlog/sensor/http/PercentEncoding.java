package io.fourthlog.sensor.http;

/** Bytes of a URL that stand as a percent sign and two digits (RFC 3986, 2.1). */
public final class PercentEncoding {
    private PercentEncoding() {}

    /** The byte that is encoded there, 0 to 255; -1 if none is, and what is there stands for itself. */
    public static int decoded(final byte[] bytes, final int at, final int to) {
        if (bytes[at] != '%' || at + 2 >= to) {
            return -1;
        }
        final int high = Character.digit(bytes[at + 1], 16);
        final int low = Character.digit(bytes[at + 2], 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}
