package io.fourthlog.sensor.config;

import io.fourthlog.actionlog.log.DurableFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** A file of the sensor's folder on the node that is always whole, and that only the sensor's user reads. */
public final class StateFile {

    private final Path file;

    public StateFile(Path file) {
        this.file = file;
    }

    /**
     * The content, if there is one.
     *
     * @param limit most bytes that it may have
     */
    public Optional<byte[]> load(int limit) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            final byte[] content = in.readNBytes(limit + 1);
            if (content.length > limit) {
                throw new IOException(file + " has more than " + limit + " bytes");
            }
            return Optional.of(content);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Puts this in the place of the last content, in one step. */
    public void store(byte[] content) throws IOException {
        DurableFile.replaceSecret(file, content);
    }

    /** Moves it out of the way, over what was set aside before; returns where it is now. */
    public Path setAside() throws IOException {
        return Files.move(file, beside(".unreadable"), StandardCopyOption.REPLACE_EXISTING);
    }

    private Path beside(String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }
}
