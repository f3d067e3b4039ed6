package io.fourthlog.redaction.detect;

/** Tokens that were broken by a line break, as in a terminal, a mail or a YAML file. */
final class Lines {

    private static final int INDENT = 16; // bytes

    private Lines() {}

    /** Index after a line break, the indentation after it and a continuation sign around it; the same index if there is none. */
    static int skipBreak(byte[] text, int at, int to) {
        int i = at;
        if (Bytes.has(text, at, to, i, '\\') || Bytes.has(text, at, to, i, '=')) {
            i++;
        }
        if (Bytes.has(text, at, to, i, '\r')) {
            i++;
        }
        if (!Bytes.has(text, at, to, i, '\n')) {
            return at;
        }
        i++;
        int most = Math.min(to, i + INDENT);
        while (i < most && (text[i] == ' ' || text[i] == '\t')) {
            i++;
        }
        return i;
    }

    /**
     * Index after a run of bytes of a class that goes on behind line breaks until it is long enough.
     *
     * @param wanted bytes of the class after which a line break ends the run
     * @return a {@link Span} whose start is the number of bytes of the class, and whose end is the index after the run
     */
    static long run(byte[] text, int at, int to, ByteSet set, int wanted) {
        int end = at;
        int count = 0;
        while (true) {
            int begin = end;
            while (end < to && set.has(text[end])) {
                end++;
            }
            count += end - begin;
            if (count >= wanted || count == 0) {
                return Span.of(count, end);
            }
            int next = skipBreak(text, end, to);
            if (next == end || next >= to || !set.has(text[next])) {
                return Span.of(count, end);
            }
            end = next;
        }
    }
}
