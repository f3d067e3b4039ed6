package io.fourthlog.trail.command;

import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.author.PolicyReader;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.trace.Essentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Policies and their tests as users name them: files, and folders with all that is below. The tests of {@code NAME.yaml} are
 * beside it in {@code NAME.test.yaml}.
 */
final class PolicyFiles {

    private static final String YAML = ".yaml";
    private static final String TESTS = ".test.yaml";

    private PolicyFiles() {}

    /** The files of policies; tests among them are passed over, and so is what is in a folder and no policy. */
    static List<Path> policies(List<Path> named) throws UsageException {
        final Set<Path> files = new LinkedHashSet<>();
        for (final Path each : named) {
            if (!Files.isDirectory(each)) {
                if (!isTests(each)) {
                    files.add(each);
                }
                continue;
            }
            for (final Path file : below(each)) {
                if (!isTests(file) && text(file).contains(PolicyReader.KIND)) {
                    files.add(file);
                }
            }
        }
        if (files.isEmpty()) {
            throw new UsageException("there is no policy in " + list(named) + ": name files or folders with some");
        }
        return List.copyOf(files);
    }

    /** The files of tests: those that are named, those of policies that are, and those in folders. */
    static List<Path> tests(List<Path> named) throws UsageException {
        final Set<Path> files = new LinkedHashSet<>();
        for (final Path each : named) {
            if (Files.isDirectory(each)) {
                below(each).stream().filter(PolicyFiles::isTests).forEach(files::add);
            } else {
                files.add(isTests(each) ? each : beside(each));
            }
        }
        if (files.isEmpty()) {
            throw new UsageException("there is no NAME" + TESTS + " in " + list(named));
        }
        return List.copyOf(files);
    }

    static String text(Path file) throws UsageException {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UsageException("cannot read " + file + ": " + e, e);
        }
    }

    /** What is wrong in a file, on one line. */
    static String fault(Path file, PolicyError error) {
        return fault(file, error.policyId(), error.path(), error.message());
    }

    /** Policy and path may be empty. */
    static String fault(Path file, String policy, String path, String message) {
        return Essentials.printable(Stream.of(file.toString(), policy, path, message)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(": ")));
    }

    private static Path beside(Path policy) throws UsageException {
        final String name = String.valueOf(policy.getFileName());
        final Path tests = policy.resolveSibling(name.replaceFirst("\\.[^.]*$", "") + TESTS);
        if (!Files.exists(policy)) {
            throw new UsageException("there is no file or folder " + policy);
        }
        if (!Files.exists(tests)) {
            throw new UsageException(policy + " has no tests beside it: they would be in " + tests);
        }
        return tests;
    }

    private static boolean isTests(Path file) {
        return file.toString().endsWith(TESTS);
    }

    private static List<Path> below(Path folder) throws UsageException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(YAML))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new UsageException("cannot read " + folder + ": " + e, e);
        }
    }

    private static String list(List<Path> named) {
        return named.stream().map(Path::toString).collect(Collectors.joining(", "));
    }
}
