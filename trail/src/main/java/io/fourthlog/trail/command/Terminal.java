package io.fourthlog.trail.command;

import io.fourthlog.trail.trace.Essentials;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Where the command writes: results to one stream, and what is about them (progress, complaints) to another. */
final class Terminal {

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean interactive;
    private final boolean colours;
    private boolean progressShown;

    Terminal(PrintWriter out, PrintWriter err, boolean interactive, boolean colours) {
        this.out = out;
        this.err = err;
        this.interactive = interactive;
        this.colours = colours;
    }

    /** The terminal, file or pipe that this process has. */
    static Terminal ofThisProcess() {
        final boolean interactive =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        final Map<String, String> environment = System.getenv();
        final boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "dumb").equals("dumb");
        return new Terminal(
                new PrintWriter(System.out, false, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                interactive,
                interactive && !plain);
    }

    /** A line of the result. */
    void line(String text) {
        out.println(text);
    }

    /** A line of the result that says something by name; names of up to so many characters stand in one column. */
    void field(int width, String name, String value) {
        line("  " + name + " ".repeat(Math.max(0, width - name.length())) + "  " + value);
    }

    /** Text of the result as it is. */
    void print(String text) {
        out.print(text);
    }

    /** A line about the result. */
    void complain(String text) {
        clearProgress();
        out.flush();
        err.println("fourthlog: " + Essentials.printable(text));
    }

    /** How far a long work is; only where somebody watches. */
    void progress(String what, long done, long of) {
        if (!interactive || of == 0) {
            return;
        }
        final int width = 30;
        final int filled = (int) (width * Math.min(done, of) / of);
        err.print("\r" + what + " [" + "█".repeat(filled) + "░".repeat(width - filled) + "] " + done + "/" + of);
        err.flush();
        progressShown = true;
    }

    /** Takes the progress away again. */
    void clearProgress() {
        if (progressShown) {
            err.print("\r\u001B[K");
            err.flush();
            progressShown = false;
        }
    }

    String styled(Style style, String text) {
        return colours ? style.on(text) : text;
    }

    /** Writes what is left; whether all of the result could be written. */
    boolean flush() {
        final boolean written = !out.checkError();
        err.flush();
        return written;
    }
}
