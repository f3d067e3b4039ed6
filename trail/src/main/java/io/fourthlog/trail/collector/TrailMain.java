package io.fourthlog.trail.collector;

import io.fourthlog.trail.UsageException;
import java.net.BindException;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code fourthlog-trail}: the collector and witness.
 *
 * <p>Runs until SIGTERM. Exit code 1 for a fault of its own, 2 for what the user has to put right; then one line on standard
 * error says what, and what to do.
 */
@Command(
        name = "fourthlog-trail",
        description = "The collector and witness of agent-action logs.",
        mixinStandardHelpOptions = true,
        version = "fourthlog-trail 0.1.0",
        subcommands = {ServeCommand.class, ExpireCommand.class, EraseCommand.class})
public final class TrailMain {

    private static final Logger HELIDON = Logger.getLogger("io.helidon"); // held: loggers are forgotten otherwise
    private static final Logger HELIDON_START = Logger.getLogger("io.helidon.webserver.LoomServer");

    private TrailMain() {}

    public static void main(String[] arguments) {
        quiet();
        System.exit(commandLine().execute(arguments));
    }

    /** Helidon logs its start, and a failed one with stack traces of what is explained in one line here. */
    private static void quiet() {
        HELIDON.setLevel(Level.WARNING);
        HELIDON_START.setLevel(Level.OFF);
    }

    static CommandLine commandLine() {
        return new CommandLine(new TrailMain()).setExecutionExceptionHandler(TrailMain::explain);
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        if (failure instanceof UsageException || failure instanceof BindException) {
            command.getErr().println("fourthlog-trail: " + failure.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        throw failure;
    }
}
