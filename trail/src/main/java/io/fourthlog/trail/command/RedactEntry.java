package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code fourthlog redact} in the list of commands. It is a program of its own, which the launcher starts: what reads the
 * trail cannot hold what opens plaintext.
 */
@Command(name = "redact", description = "Shows what redaction finds in texts: JSON Lines in, JSON Lines out.")
final class RedactEntry implements Callable<Integer> {

    @Override
    public Integer call() throws UsageException {
        throw new UsageException("redact is started by the launcher: run dist/bin/fourthlog redact");
    }
}
