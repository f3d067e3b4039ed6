package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.timestamp.TimestampFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A trail in a folder: what a collector keeps, a copy of that, a sensor's own spool, or a single log.
 *
 * @param directory what the user named
 * @param witness the key that the folder says its witness has: worth as much as the folder
 * @param lastingWitness the ML-DSA-44 key of the same witness; a copy has none
 */
public record Trail(
        Path directory, List<TrailLog> logs, Optional<VerifierKey> witness, Optional<VerifierKey> lastingWitness) {

    public Trail {
        logs = List.copyOf(logs);
    }

    /**
     * Finds out what kind of trail a folder is.
     *
     * @throws UsageException when it is none
     */
    public static Trail open(Path directory) throws UsageException {
        try {
            if (!Files.isDirectory(directory)) {
                throw new UsageException(directory + " is not a folder: name one that holds a trail");
            }
            final TrailFolder folder = new TrailFolder(directory);
            if (Files.isDirectory(folder.logs())) {
                return new Trail(
                        directory,
                        folder.names().stream()
                                .map(name -> new TrailLog(name.name(), folder.log(name)))
                                .toList(),
                        key(folder.witnessVerifierKey()),
                        key(folder.lastingWitnessVerifierKey()));
            }
            for (final Path log : List.of(directory, directory.resolve("log"))) {
                if (Files.exists(log.resolve("checkpoint")) || Files.exists(log.resolve("log.json"))) {
                    return new Trail(
                            directory, List.of(new TrailLog(nameOf(log), log)), Optional.empty(), Optional.empty());
                }
            }
        } catch (IOException e) {
            throw new UsageException("cannot read " + directory + ": " + e, e);
        }
        throw new UsageException(directory
                + " holds no trail: name the folder of a collector (it has logs/), of a sensor's spool (it has log/), or of"
                + " a log (it has a checkpoint)");
    }

    /** Its timestamps; there may be none. */
    public TimestampFolder timestamps() {
        return new TimestampFolder(new TrailFolder(directory).timestamps());
    }

    /** What to tell the user of a log that cannot be read. */
    public UsageException unreadable(TrailLog log, IOException why) {
        return new UsageException(
                "cannot read " + log.directory() + ": " + why.getMessage() + "; fourthlog verify " + directory
                        + " says what is wrong with it",
                why);
    }

    private static String nameOf(Path log) {
        final Path name = log.toAbsolutePath().normalize().getFileName();
        return name == null || LogName.parse(name.toString()).isEmpty() ? log.toString() : name.toString();
    }

    private static Optional<VerifierKey> key(Path file) throws IOException, UsageException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(VerifierKey.parse(Files.readString(file).strip()));
        } catch (LogFormatException e) {
            throw new UsageException(file + ": " + e.getMessage(), e);
        }
    }
}
