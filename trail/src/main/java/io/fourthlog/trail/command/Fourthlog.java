package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code fourthlog}: reads and verifies a trail. Exit code 0: it holds; 1: there is a finding; 2: bad usage or input. */
@Command(
        name = "fourthlog",
        description = "Reads and verifies the trail of what agents did, and tries policies on it.",
        mixinStandardHelpOptions = true,
        version = "fourthlog 0.1.0",
        exitCodeListHeading = "%nExit codes%n",
        exitCodeList = {"0:it holds", "1:there is a finding", "2:bad usage or input"},
        subcommands = {
            TraceCommand.class,
            VerifyCommand.class,
            NinetyDayTestCommand.class,
            ProveCommand.class,
            StatusCommand.class,
            ExportCommand.class,
            PolicyCommand.class,
            RedactEntry.class,
            CommandLine.HelpCommand.class
        })
public final class Fourthlog {

    private static final Map<Class<?>, Function<Terminal, Object>> COMMANDS = Map.of(
            TraceCommand.class, TraceCommand::new,
            VerifyCommand.class, VerifyCommand::new,
            NinetyDayTestCommand.class, NinetyDayTestCommand::new,
            ProveCommand.class, ProveCommand::new,
            StatusCommand.class, StatusCommand::new,
            ExportCommand.class, ExportCommand::new,
            PolicyCheckCommand.class, PolicyCheckCommand::new,
            PolicyTestCommand.class, PolicyTestCommand::new,
            PolicyReplayCommand.class, PolicyReplayCommand::new);

    private Fourthlog() {}

    public static void main(String[] arguments) {
        System.exit(execute(Terminal.ofThisProcess(), arguments));
    }

    static int execute(Terminal terminal, String... arguments) {
        final CommandLine line = new CommandLine(new Fourthlog(), new Commands(terminal));
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof UsageException) {
                terminal.complain(String.valueOf(failure.getMessage()));
                return ExitCode.USAGE;
            }
            throw failure;
        });
        final int code = line.execute(arguments);
        if (!terminal.flush()) {
            terminal.complain("the result could not be written to its end");
            return ExitCode.USAGE;
        }
        return code;
    }

    /** Gives each command the terminal. */
    private record Commands(Terminal terminal) implements CommandLine.IFactory {

        @Override
        public <K> K create(Class<K> type) throws Exception {
            final Function<Terminal, Object> command = COMMANDS.get(type);
            if (command != null) {
                return type.cast(command.apply(terminal));
            }
            return CommandLine.defaultFactory().create(type);
        }
    }
}
