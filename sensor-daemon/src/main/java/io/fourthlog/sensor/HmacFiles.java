package io.fourthlog.sensor;

import io.fourthlog.redaction.Hmac;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The installation's key for keyed hashes, as kubelet mounts it from the Secret fourthlog-hmac: {@code key-id} and {@code key}. A key that
 * replaces another is told by its id. Confined to one thread at a time.
 */
final class HmacFiles {

    private static final Logger LOG = LoggerFactory.getLogger(HmacFiles.class);

    private static final int KEY_BYTES = 32;
    private static final byte[] PROBE = new byte[0]; // what two keys are told apart by

    private final Path directory;
    private Hmac current;
    private Optional<String> problem = Optional.empty(); // that was logged last

    HmacFiles(Path directory) throws SetupException {
        this.directory = directory;
        this.current = load(directory);
    }

    /** The key in a folder; a new one is made where there is none. */
    static Hmac loadOrMake(Path directory) throws SetupException, IOException {
        final Path key = directory.resolve("key");
        if (!Files.exists(key)) {
            final byte[] bytes = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(bytes);
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("key-id"), UUID.randomUUID().toString());
            Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(key, bytes);
        }
        return load(directory);
    }

    /** The key in use. */
    Hmac current() {
        return current;
    }

    /** The key that has replaced the one in use, which it now is; empty when none has, or none that can be used. */
    Optional<Hmac> replaced() {
        try {
            final Hmac read = load(directory);
            final boolean same = read.keyId().equals(current.keyId());
            if (same && !hash(read).equals(hash(current))) {
                throw new SetupException(
                        "the key in " + directory + " is another one, and its id is still " + read.keyId()
                                + ": hashes of the two could not be told apart; write a new key-id with a new key");
            }
            problem = Optional.empty();
            current = same ? current : read;
            return same ? Optional.empty() : Optional.of(read);
        } catch (SetupException e) {
            final Optional<String> why = Optional.of(String.valueOf(e.getMessage()));
            if (!why.equals(problem)) {
                LOG.error("going on with the key {}: {}", current.keyId(), e.getMessage());
            }
            problem = why;
            return Optional.empty();
        }
    }

    private static String hash(Hmac key) {
        return key.keyedHash(PROBE, 0, PROBE.length);
    }

    private static Hmac load(Path directory) throws SetupException {
        try {
            final Path mounted = directory.resolve("..data"); // kubelet replaces both files at once, by this link
            final Path files = Files.exists(mounted) ? mounted.toRealPath() : directory;
            return Hmac.of(Files.readString(files.resolve("key-id")).strip(), Files.readAllBytes(files.resolve("key")));
        } catch (IOException e) {
            throw new SetupException(
                    "cannot read the installation's key: " + e + "; mount the Secret fourthlog-hmac at " + directory
                            + ", or point --hmac at a folder with key-id and key");
        } catch (IllegalArgumentException e) {
            throw new SetupException("the installation's key in " + directory + " is unusable: " + e.getMessage());
        }
    }
}
