package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * When a witness saw each day of a log to be over: {@code days} beside the log. Each is how the day's key handed over, with the
 * witness's cosignature, which has a time; an empty line separates them.
 *
 * <p>Only the witness needs it, until the days expire; then it is in their tombstones.
 *
 * @param all cosigned checkpoints with a line {@code next VKEY}, by their size
 */
record WitnessedDays(List<Checkpoint> all) {

    static final String FILE = "days";
    static final WitnessedDays NONE = new WitnessedDays(List.of());

    private static final int MAX_LENGTH = LogIdentity.MAX_LENGTH; // as many days as log.json has
    private static final String SEPARATOR = "\n\n\n";

    WitnessedDays {
        all = List.copyOf(all);
    }

    static WitnessedDays read(LogFiles files) throws IOException {
        final List<Checkpoint> all = new ArrayList<>();
        final byte[] bytes = files.read(FILE, MAX_LENGTH);
        final String text = new String(bytes, StandardCharsets.ISO_8859_1); // a character for each byte
        int start = 0;
        while (start < text.length()) {
            final int end = text.indexOf(SEPARATOR, start);
            if (end < 0) {
                throw new LogFormatException(FILE + " ends within a note");
            }
            all.add(Checkpoint.parse(Arrays.copyOfRange(bytes, start, end + 1)));
            start = end + SEPARATOR.length();
        }
        return new WitnessedDays(all);
    }

    byte[] bytes() {
        final StringBuilder text = new StringBuilder();
        all.forEach(day -> text.append(day.note()).append(SEPARATOR, 1, SEPARATOR.length()));
        return VerifierKey.utf8(text.toString());
    }
}
