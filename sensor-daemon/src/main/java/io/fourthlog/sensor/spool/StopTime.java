package io.fourthlog.sensor.spool;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fourthlog.actionlog.log.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Until when a sensor watched that was stopped in order, and recorded all of it: in {@code STATE/stopped}, for its next start only.
 * After a crash there is none, and what was not watched may begin with the last event.
 */
final class StopTime {

    private static final Logger LOG = LoggerFactory.getLogger(StopTime.class);

    private static final int MAX_BYTES = 40; // of a time of ISO 8601 in nanoseconds

    private final Path file;

    /** @param state the sensor's folder on the node */
    StopTime(Path state) {
        this.file = state.resolve("stopped");
    }

    void store(Instant until) throws IOException {
        DurableFile.replace(file, until.toString().getBytes(US_ASCII));
    }

    /** Takes it away, so that a crash from here on is one. */
    Optional<Instant> take() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        final String text = Files.size(file) > MAX_BYTES ? "" : Files.readString(file, US_ASCII);
        Files.delete(file);
        DurableFile.syncNames(file.resolveSibling("."));
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            LOG.warn("{} was not a time, and is not believed", file);
            return Optional.empty();
        }
    }
}
