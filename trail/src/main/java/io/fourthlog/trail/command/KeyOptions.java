package io.fourthlog.trail.command;

import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that says whose signatures are believed. */
final class KeyOptions {

    @Option(
            names = "--key",
            paramLabel = "VKEY|FILE",
            description = "trust this key of a log or a witness, and not those beside the logs; may be repeated")
    private List<String> keys = List.of();

    List<VerifierKey> given() throws UsageException {
        final List<VerifierKey> given = new ArrayList<>();
        for (final String key : keys) {
            try {
                final String vkey =
                        key.contains("+") ? key : Files.readString(Path.of(key)).strip();
                given.add(VerifierKey.parse(vkey));
            } catch (LogFormatException e) {
                throw new UsageException("--key " + key + ": " + e.getMessage(), e);
            } catch (IOException e) {
                throw new UsageException("--key " + key + ": cannot be read: " + e, e);
            }
        }
        return given;
    }
}
