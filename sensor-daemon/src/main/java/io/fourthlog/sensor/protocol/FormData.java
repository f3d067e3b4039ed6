package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a form with files (RFC 7578), as uploads to a model host are: the model that it names, and every part's content as a
 * text. The first line is the boundary (RFC 2046, 5.1.1); what does not begin with one is a text as a whole.
 */
final class FormData {
    private static final byte[] BLANK_LINE = {'\r', '\n', '\r', '\n'};
    private static final byte[] NAME = " name=\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MODEL = " name=\"model\"".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_BOUNDARY = 72; // bytes, with the hyphens before it
    private static final int MAX_NAME = 256; // bytes of the model's

    private FormData() {}

    static void read(final byte[] body, final int length, final PromptBuilder prompt) {
        prompt.recognise();
        final byte[] delimiter = delimiter(body, length);
        if (delimiter.length == 0) {
            prompt.text(body, 0, length);
        }
        for (int from = delimiter.length - 2; delimiter.length > 0 && from < length; ) {
            final int next = find(body, from, length, delimiter);
            final int to = next < 0 ? length : next;
            part(body, from, to, prompt);
            from = next < 0 ? length : to + delimiter.length;
        }
        prompt.message(Role.USER, null);
    }

    /** Where the content of a part begins, -1 if it is the end, or none. */
    static int content(final byte[] body, final int from, final int to) {
        final int blank = find(body, from, to, BLANK_LINE);
        return blank < 0 ? -1 : blank + BLANK_LINE.length;
    }

    /** What stands between two parts: the end of a line, and the boundary. Empty if there is none. */
    static byte[] delimiter(final byte[] body, final int length) {
        if (length < 2 || body[0] != '-' || body[1] != '-') {
            return new byte[0];
        }
        int end = 2;
        while (end < length && end < MAX_BOUNDARY && body[end] != '\r') {
            end++;
        }
        if (end == length || body[end] != '\r') {
            return new byte[0];
        }
        final byte[] delimiter = new byte[end + 2];
        delimiter[0] = '\r';
        delimiter[1] = '\n';
        System.arraycopy(body, 0, delimiter, 2, end);
        return delimiter;
    }

    private static void part(final byte[] body, final int from, final int to, final PromptBuilder prompt) {
        final int content = content(body, from, to);
        if (content < 0) {
            return;
        }
        final int name = find(body, from, content, NAME);
        if (name >= 0 && name == find(body, from, content, MODEL)) {
            prompt.model(name(body, content, to));
        }
        if (to > content) {
            prompt.text(body, content, to - content);
        }
    }

    private static @Nullable String name(final byte[] body, final int from, final int to) {
        for (int at = from; at < to; at++) {
            if (body[at] < ' ' || body[at] > '~') {
                return null;
            }
        }
        return to == from || to - from > MAX_NAME ? null : new String(body, from, to - from, StandardCharsets.US_ASCII);
    }

    static int find(final byte[] in, final int from, final int to, final byte[] what) {
        for (int at = from; at <= to - what.length; at++) {
            if (in[at] == what[0] && Arrays.equals(in, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        return -1;
    }
}
