package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The files of a log that its readers need, by the names that C2SP tlog-tiles has for them, {@code log.json} and {@code tombstones.json}: what a
 * server may hand out, and nothing else of the directory.
 */
public final class PublishedLog {

    /** No file of a log is longer, in bytes. */
    public static final int MAX_FILE = EntryBundle.MAX_BUNDLE;

    private PublishedLog() {}

    /**
     * Reads a file.
     *
     * @param name {@code checkpoint}, {@code log.json}, {@code tombstones.json} or {@code tile/…}
     * @throws NoSuchFileException when there is none, or it is not a log's to publish
     */
    public static byte[] read(Path directory, String name) throws IOException {
        final LogFiles files = new LogFiles(directory);
        if (name.equals(LogFiles.CHECKPOINT)) {
            return files.checkpoint();
        }
        if (name.equals(LogFiles.IDENTITY)) {
            return files.read(name, LogIdentity.MAX_LENGTH);
        }
        if (name.equals(LogFiles.TOMBSTONES)) {
            return files.read(name, Tombstones.MAX_LENGTH);
        }
        if (LogPath.parse(name).isEmpty()) {
            throw new NoSuchFileException(name);
        }
        return files.read(name, MAX_FILE);
    }
}
