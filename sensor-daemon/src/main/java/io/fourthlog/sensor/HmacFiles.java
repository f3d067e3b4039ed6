package io.fourthlog.sensor;

import io.fourthlog.redaction.Hmac;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.UUID;

/** The installation's key for keyed hashes, as kubelet mounts it from the Secret fourthlog-hmac: {@code key-id} and {@code key}. */
final class HmacFiles {

    private static final int KEY_BYTES = 32;

    private HmacFiles() {}

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

    static Hmac load(Path directory) throws SetupException {
        try {
            return Hmac.of(
                    Files.readString(directory.resolve("key-id")).strip(),
                    Files.readAllBytes(directory.resolve("key")));
        } catch (IOException e) {
            throw new SetupException(
                    "cannot read the installation's key: " + e + "; mount the Secret fourthlog-hmac at " + directory
                            + ", or point --hmac at a folder with key-id and key");
        } catch (IllegalArgumentException e) {
            throw new SetupException("the installation's key in " + directory + " is unusable: " + e.getMessage());
        }
    }
}
