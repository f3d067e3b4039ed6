package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.incident.InstallationKey;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says where the installation's key is. */
final class InstallationKeyOption {

    @Option(
            names = "--hmac",
            paramLabel = "DIR",
            description =
                    "folder with key-id, key and retired of the Secret fourthlog-hmac: recognises excerpts and short texts as well")
    private @Nullable Path hmac;

    List<InstallationKey> load() throws UsageException {
        return hmac == null ? List.of() : InstallationKey.load(hmac);
    }
}
