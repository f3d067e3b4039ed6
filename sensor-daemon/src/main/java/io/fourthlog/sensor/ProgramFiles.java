package io.fourthlog.sensor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The files that the kernel executes when a command is run: the program, found as a shell finds it (POSIX.1-2024, XCU 2.9.1.4), and of
 * a script what interprets it (execve(2)). For {@code watch}, which makes them ready before it runs the command.
 */
final class ProgramFiles {
    static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    private static final int LINE = 256; // bytes of a script that the kernel looks at
    private static final int SCRIPTS = 5; // that interpret each other

    private ProgramFiles() {}

    /**
     * As far as they can be read.
     *
     * @param command a path, or a name to look for
     * @param path the folders to look in, as in {@code PATH}
     */
    static List<Path> of(final String command, final String path) throws IOException {
        final Set<Path> files = new LinkedHashSet<>();
        Optional<Path> next = find(command, path);
        for (int i = 0; i < SCRIPTS && next.isPresent() && files.add(next.get()); i++) {
            next = interpreter(next.get(), path);
        }
        return List.copyOf(files);
    }

    private static Optional<Path> find(final String command, final String path) throws IOException {
        final List<String> folders = command.contains("/") ? List.of("") : List.of(path.split(":", -1));
        for (final String folder : folders) {
            final Path file = Path.of(folder, command);
            if (Files.isExecutable(file) && Files.isRegularFile(file)) {
                return Optional.of(file.toRealPath());
            }
        }
        return Optional.empty();
    }

    /** What a script's first line names, by way of {@code env} or not. */
    private static Optional<Path> interpreter(final Path file, final String path) throws IOException {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        final String line;
        try (InputStream content = Files.newInputStream(file)) {
            line = new String(content.readNBytes(LINE), StandardCharsets.ISO_8859_1)
                    .lines()
                    .findFirst()
                    .orElse("");
        }
        if (!line.startsWith("#!")) {
            return Optional.empty();
        }
        final List<String> words = List.of(line.substring(2).strip().split("[ \t]+", -1));
        if (!words.getFirst().endsWith("/env")) {
            return find(words.getFirst(), path);
        }
        for (final String word : words.subList(1, words.size())) {
            if (!word.startsWith("-") && !word.contains("=")) {
                return find(word, path);
            }
        }
        return Optional.empty();
    }
}
