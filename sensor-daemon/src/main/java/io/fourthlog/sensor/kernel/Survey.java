package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The TLS libraries that lie where a distribution puts them, so that they carry probes before a short program first maps one. Others
 * are found when they are mapped.
 */
final class Survey {
    private static final List<String> FOLDERS =
            List.of("usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64", "lib", "lib64");
    private static final String NAMES = "lib{ssl,gnutls,mbedtls,wolfssl,s2n}*.so*";
    private static final int MAX_FILES = 64;

    private Survey() {}

    /**
     * Paths below a root, as its processes name them. Symbolic links are not followed: they would lead out of the root.
     *
     * @throws IOException if a folder cannot be read
     */
    static List<String> of(final Path root) throws IOException {
        final List<String> found = new ArrayList<>();
        for (final String name : FOLDERS) {
            final Path folder = root.resolve(name);
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(parent(folder))) {
                libraries(root, folder, found);
                for (final Path below : children(folder, "*-linux-*")) { // Debian's multiarch
                    if (Files.isDirectory(below, LinkOption.NOFOLLOW_LINKS)) {
                        libraries(root, below, found);
                    }
                }
            }
        }
        found.sort(Comparator.comparing(file -> !file.contains("libssl"))); // first what most programs use
        return found;
    }

    private static void libraries(final Path root, final Path folder, final List<String> found) throws IOException {
        for (final Path file : children(folder, NAMES)) {
            if (found.size() < MAX_FILES && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                found.add("/" + root.relativize(file));
            }
        }
    }

    private static List<Path> children(final Path folder, final String glob) throws IOException {
        final List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(children::add);
        }
        return children;
    }

    private static Path parent(final Path folder) {
        final Path parent = folder.getParent();
        return parent == null ? folder : parent;
    }
}
