package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.timestamp.TimestampCa;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says whose timestamps are believed. */
final class TimestampOptions {

    @Option(
            names = "--timestamp-ca",
            paramLabel = "FILE",
            description = "PEM with who has to have certified the authority of the timestamps; may have several")
    private @Nullable Path file;

    List<X509Certificate> trusted() throws UsageException {
        return TimestampCa.load(file);
    }
}
