package io.fourthlog.sensor;

import io.fourthlog.redaction.Hmac;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The installation's key for keyed hashes, as kubelet mounts it from the Secret fourthlog-hmac: {@code key-id} and {@code key}. */
final class HmacFiles {

    private HmacFiles() {}

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
