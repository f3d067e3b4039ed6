package io.fourthlog.trail.timestamp;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.tls.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The option {@code --timestamp-ca}. */
public final class TimestampCa {

    private TimestampCa() {}

    /** The certificates in a file; none without one. */
    public static List<X509Certificate> load(@Nullable Path file) throws UsageException {
        try {
            return file == null ? List.of() : Pem.certificates(file);
        } catch (IOException e) {
            throw new UsageException("--timestamp-ca: " + e.getMessage(), e);
        }
    }
}
