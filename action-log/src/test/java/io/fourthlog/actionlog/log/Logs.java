package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Makes, copies and lists logs for tests. */
final class Logs {

    static final SigningKey KEY = SigningKey.generate("cluster.support.node-1");

    private Logs() {}

    static byte[] entry(long index) {
        return ("entry " + index).getBytes(StandardCharsets.UTF_8);
    }

    static List<byte[]> entries(long from, long to) {
        final List<byte[]> entries = new ArrayList<>();
        for (long index = from; index < to; index++) {
            entries.add(entry(index));
        }
        return entries;
    }

    /** Grows a log up to each of these sizes, with a commit at each. */
    static Checkpoint grow(Path directory, long... sizes) throws IOException {
        try (LogWriter writer = LogWriter.open(directory, KEY)) {
            for (final long size : sizes) {
                entries(writer.checkpoint().size(), size).forEach(writer::append);
                writer.commit();
            }
            return writer.checkpoint();
        }
    }

    static VerificationReport verify(Path directory) {
        return LogVerifier.verify(directory, List.of(KEY.verifierKey()));
    }

    static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(Files::isRegularFile).sorted().toList();
        }
    }

    static Path copy(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            try (Stream<Path> paths = Files.walk(to)) {
                paths.sorted(Comparator.reverseOrder()).forEach(Logs::delete);
            }
        }
        for (final Path file : files(from)) {
            final Path target = to.resolve(from.relativize(file));
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
        return to;
    }

    private static void delete(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
