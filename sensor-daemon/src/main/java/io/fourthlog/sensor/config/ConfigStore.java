package io.fourthlog.sensor.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** The last good config on the node's disk, {@code STATE/config.json}: a sensor that starts without an API server runs it. */
final class ConfigStore {

    private final Path file;

    ConfigStore(Path state) {
        this.file = state.resolve("config.json");
    }

    /** The document, if one was kept. */
    Optional<byte[]> load() throws IOException {
        try {
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Keeps a document in the place of the last, in one step. */
    void store(byte[] document) throws IOException {
        final Path next = file.resolveSibling("config.json.tmp");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            final ByteBuffer bytes = ByteBuffer.wrap(document);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
