package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * The file of a log's private key, which evolves: each key is destroyed once it has handed over to the next one, so that who
 * takes the node later cannot sign for what was before.
 *
 * <pre>
 *  log.key        the key in office
 *  log.key.next   the one that it is about to hand over to; whichever of the two log.json calls the last one is in office
 * </pre>
 */
public final class KeyFile {

    private static final String NEXT = ".next";

    private final Path file;
    private final Path next;
    private final Disk disk;

    /** @param file where the key is, or will be */
    public KeyFile(Path file) {
        this(file, Disk.REAL);
    }

    KeyFile(Path file, Disk disk) {
        this.file = file;
        this.disk = disk;
        this.next = file.resolveSibling(file.getFileName() + NEXT);
    }

    /**
     * Reads the key in office, or makes the first one; finishes what a crash cut off.
     *
     * @param log the directory of the log
     * @param name of a first key
     */
    public SigningKey load(Path log, String name) throws IOException {
        if (Files.exists(next)) {
            final LogFiles files = new LogFiles(log);
            if (files.exists(LogFiles.IDENTITY)
                    && files.identity().current().hexId().equals(idIn(next))) {
                destroyOld();
            } else {
                disk.delete(next); // it never came into office, and may be torn
            }
        }
        if (!Files.exists(file)) {
            prepare(SigningKey.generate(name));
            disk.rename(next, file);
            sync();
        }
        return SigningKey.load(file);
    }

    private static String idIn(Path file) throws IOException {
        try {
            return SigningKey.load(file).verifierKey().hexId();
        } catch (LogFormatException e) {
            return "torn";
        }
    }

    /** Since when the key is in office, by the clock of the file system. */
    public Instant since() throws IOException {
        return Files.getLastModifiedTime(file).toInstant();
    }

    /**
     * Has the log hand over to a new key, and destroys the old one.
     *
     * @throws IOException when it could not be made durable: then either key may be in office, and both stay until the next try
     */
    public void evolve(LogWriter log) throws IOException {
        if (Files.exists(next) && log.verifierKey().hexId().equals(idIn(next))) {
            log.commit(); // the last try came as far as that
            destroyOld();
            return;
        }
        if (Files.exists(next)) {
            disk.delete(next);
        }
        final SigningKey fresh = SigningKey.generate(log.verifierKey().name());
        prepare(fresh);
        log.handOver(fresh);
        destroyOld();
    }

    private void prepare(SigningKey fresh) throws IOException {
        disk.writeSecret(next, fresh.bytes());
        disk.force(next);
        sync();
    }

    /** Overwrites the old key where it stands, and puts the new one in its place. */
    private void destroyOld() throws IOException {
        if (Files.exists(file)) {
            try (Disk.InPlace old = disk.open(file)) {
                old.write(0, ByteBuffer.allocate((int) Files.size(file)));
                old.force();
            }
        }
        disk.rename(next, file);
        sync();
    }

    private void sync() throws IOException {
        disk.force(requireNonNull(file.toAbsolutePath().getParent(), "a file is in a folder"));
    }
}
