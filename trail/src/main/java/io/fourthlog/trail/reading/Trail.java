package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.erasure.Erasures;
import io.fourthlog.trail.erasure.StoredKey;
import io.fourthlog.trail.erasure.SubjectKeyFolder;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A trail in a folder: what a collector keeps, a copy of that, a sensor's own spool, or a single log.
 *
 * @param directory what the user named
 * @param witness the key that the folder says its witness has: worth as much as the folder
 * @param lastingWitness the ML-DSA-44 key of the same witness; a copy has none
 * @param subjects what opens its sealed events
 */
public record Trail(
        Path directory,
        List<TrailLog> logs,
        Optional<VerifierKey> witness,
        Optional<VerifierKey> lastingWitness,
        Subjects subjects) {

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
                final List<TrailLog> logs = new ArrayList<>();
                if (Files.exists(directory
                        .resolve("log")
                        .resolve("checkpoint"))) { // a sensor's own, beside those of its classes
                    logs.add(new TrailLog(nameOf(directory.resolve("log")), directory.resolve("log")));
                }
                folder.names().forEach(name -> logs.add(new TrailLog(name.name(), folder.log(name))));
                final Optional<VerifierKey> witness = key(folder.witnessVerifierKey());
                return new Trail(
                        directory, logs, witness, key(folder.lastingWitnessVerifierKey()), subjects(folder, witness));
            }
            for (final Path log : List.of(directory, directory.resolve("log"))) {
                if (Files.exists(log.resolve("checkpoint")) || Files.exists(log.resolve("log.json"))) {
                    return new Trail(
                            directory,
                            List.of(new TrailLog(nameOf(log), log)),
                            Optional.empty(),
                            Optional.empty(),
                            new Subjects(Optional.empty(), Erasures.none()));
                }
            }
        } catch (IOException e) {
            throw new UsageException("cannot read " + directory + ": " + e, e);
        }
        throw new UsageException(directory
                + " holds no trail: name the folder of a collector (it has logs/), of a sensor's spool (it has log/), or of"
                + " a log (it has a checkpoint)");
    }

    /** A collector's folder has the keys; a copy only what was destroyed. */
    private static Subjects subjects(TrailFolder folder, Optional<VerifierKey> witness) throws IOException {
        final SubjectKeyFolder keys = new SubjectKeyFolder(folder.subjectKeys());
        final boolean collectors = Files.exists(folder.witnessKey()) || Files.isDirectory(folder.subjectKeys());
        return new Subjects(
                collectors ? Optional.of(id -> keys.find(id).map(StoredKey::key)) : Optional.empty(),
                Erasures.read(folder.erasures(), witness.stream().toList()));
    }

    /** The same with keys from elsewhere. */
    public Trail with(Subjects.Keys keys) {
        return new Trail(
                directory, logs, witness, lastingWitness, new Subjects(Optional.of(keys), subjects.erasures()));
    }

    /** What was erased, as these keys signed for it. */
    public Erasures erasures(Collection<VerifierKey> witnesses) throws IOException {
        return Erasures.read(new TrailFolder(directory).erasures(), witnesses);
    }

    /** Its timestamps; there may be none. */
    public NumberedFiles timestamps() {
        return new TrailFolder(directory).timestamps();
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
