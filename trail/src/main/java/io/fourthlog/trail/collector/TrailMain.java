package io.fourthlog.trail.collector;

import io.fourthlog.trail.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code fourthlog-trail}: the collector and witness.
 *
 * <p>Exit code 0 when it was told to stop, 1 for a fault of its own, 2 for what the user has to put right; then one line on
 * standard error says what, and what to do.
 */
@Command(
        name = "fourthlog-trail",
        description = "The collector and witness of agent-action logs.",
        mixinStandardHelpOptions = true,
        version = "fourthlog-trail 0.1.0",
        subcommands = ServeCommand.class)
public final class TrailMain {

    private TrailMain() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new TrailMain()).setExecutionExceptionHandler(TrailMain::explain);
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        if (failure instanceof UsageException) {
            command.getErr().println("fourthlog-trail: " + failure.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        throw failure;
    }
}
