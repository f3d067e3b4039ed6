package io.fourthlog.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A program that a test needs the work of: a compiler, openssl. */
public final class Command {

    private Command() {}

    /**
     * Runs it in a folder to its end, and returns what it printed.
     *
     * @throws AssertionError that has what it printed, if it failed
     */
    public static String run(Path folder, String... words) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        final String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        final int code = process.waitFor();
        if (code != 0) {
            throw new AssertionError(String.join(" ", words) + " ended with " + code + ": " + printed);
        }
        return printed;
    }
}
