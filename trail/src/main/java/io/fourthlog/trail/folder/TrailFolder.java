package io.fourthlog.trail.folder;

import io.fourthlog.actionlog.log.Note;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The layout of a trail on a disk.
 *
 * <pre>
 *  DIR/witness.key          private key of the witness; the collector's only
 *  DIR/witness.vkey         public key of the witness
 *  DIR/witness-ml-dsa-44.*  the same for its cosignatures that a quantum computer does not forge
 *  DIR/logs/LOG/            a log, in tlog-tiles layout
 *  DIR/evidence/LOG/        contradictions that the log was caught in
 *  DIR/timestamps/          tokens of a timestamping authority, from 00000001.json on
 *  DIR/subject-keys/        keys that sealed events are opened with; the collector's only
 *  DIR/recipient.key        what they are wrapped for on their way; the collector's only
 *  DIR/erasures/            signed records of keys that were destroyed, from 00000001.note on
 *  DIR/legal-hold           globs of workloads that must not be erased
 *  DIR/lock                 held by whoever writes
 * </pre>
 */
public record TrailFolder(Path directory) {

    private static final int MAX_TIMESTAMP = 16 << 20; // bytes: 100 for each of 100,000 logs, and a token

    /** Private key of the witness. */
    public Path witnessKey() {
        return directory.resolve("witness.key");
    }

    /** Private ML-DSA-44 key of the witness. */
    public Path lastingWitnessKey() {
        return directory.resolve("witness-ml-dsa-44.key");
    }

    /** Public ML-DSA-44 key of the witness. */
    public Path lastingWitnessVerifierKey() {
        return directory.resolve("witness-ml-dsa-44.vkey");
    }

    /** Public key of the witness. */
    public Path witnessVerifierKey() {
        return directory.resolve("witness.vkey");
    }

    /** The folder of all logs. */
    public Path logs() {
        return directory.resolve("logs");
    }

    /** The folder of a log. */
    public Path log(LogName name) {
        return logs().resolve(name.name());
    }

    /** The folder of what a log was caught in. */
    public Path evidence(LogName name) {
        return directory.resolve("evidence").resolve(name.name());
    }

    /** The folder of timestamps. */
    public NumberedFiles timestamps() {
        return new NumberedFiles(directory.resolve("timestamps"), ".json", MAX_TIMESTAMP);
    }

    /** The keys of subjects; the collector's only. */
    public Path subjectKeys() {
        return directory.resolve("subject-keys");
    }

    /** What subject keys are wrapped for on their way. */
    public Path recipientKey() {
        return directory.resolve("recipient.key");
    }

    /** Records of erasures. */
    public NumberedFiles erasures() {
        return new NumberedFiles(directory.resolve("erasures"), ".note", Note.MAX_LENGTH);
    }

    /** Globs of workloads that must not be erased, a line each; may be missing. */
    public Path legalHold() {
        return directory.resolve("legal-hold");
    }

    /** Held by whoever writes. */
    public Path lock() {
        return directory.resolve("lock");
    }

    /** The logs that have a checkpoint, in the order of their names. */
    public List<LogName> names() throws IOException {
        if (!Files.isDirectory(logs())) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(logs())) {
            return folders.filter(folder -> Files.exists(folder.resolve("checkpoint")))
                    .flatMap(folder -> LogName.parse(folder.getFileName().toString()).stream())
                    .sorted()
                    .toList();
        }
    }
}
