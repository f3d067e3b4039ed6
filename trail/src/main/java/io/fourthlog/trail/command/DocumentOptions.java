package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.incident.InstallationKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which document it is about. */
final class DocumentOptions {

    @Option(names = "--document", paramLabel = "FILE", description = "the document that may have left")
    private @Nullable Path document;

    @Mixin
    private InstallationKeyOption key = new InstallationKeyOption();

    boolean named() {
        return document != null;
    }

    Optional<Document> load() throws UsageException {
        final List<InstallationKey> keys = key.load();
        return document == null ? Optional.empty() : Optional.of(Document.load(document, keys));
    }
}
