package io.fourthlog.sensor;

import io.fourthlog.sensor.kernel.KernelUnavailableException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code fourthlog-sensor}: audits the agents of one namespace on one node, or those of a machine without Kubernetes.
 *
 * <p>Exit code 0 when it was told to stop, 1 for a fault of its own, 2 for bad usage or input and for what the machine lacks;
 * then one line on standard error says what, and what to do.
 */
@Command(
        name = "fourthlog-sensor",
        description = "Records what agents do on this machine.",
        mixinStandardHelpOptions = true,
        version = "fourthlog-sensor 0.1.0",
        subcommands = {RunCommand.class, WatchCommand.class, ReplayCommand.class})
public final class SensorMain {

    private SensorMain() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new SensorMain())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(SensorMain::explain);
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        if (failure instanceof SetupException
                || failure instanceof KernelUnavailableException
                || failure instanceof IOException) {
            command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + failure.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        throw failure;
    }
}
