package io.fourthlog.trail;

import io.fourthlog.actionlog.log.LogReader;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The body of a push, as a sensor makes it. */
public final class Push {

    private Push() {}

    /** A batch of a spool's log, from this index up to its end. */
    public static byte[] body(Path state, long first) throws IOException {
        final LogReader log = LogReader.open(state.resolve("log"));
        return body(log, first, log.size() - first);
    }

    /** A batch that says it has {@code count} entries. */
    public static byte[] body(LogReader log, long first, long count) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(bytes);
        out.write(header(log, first, count).getBytes(StandardCharsets.UTF_8));
        for (long i = first; i < log.size(); i++) {
            out.writeInt(log.entry(i).length);
            out.write(log.entry(i));
        }
        return bytes.toByteArray();
    }

    /** The first line of a batch. */
    public static String header(LogReader log, long first, long count) {
        return "{\"first\":" + first + ",\"count\":" + count + ",\"vkey\":\""
                + log.statedKeys().getFirst()
                + "\",\"checkpoint\":\""
                + log.checkpoint().note().toString().replace("\n", "\\n") + "\"}\n";
    }

    /** Writes the batch of a whole spool to standard output. */
    public static void main(String[] arguments) throws IOException {
        System.out.write(body(Path.of(arguments[0]), Long.parseLong(arguments[1])));
        System.out.flush();
    }
}
