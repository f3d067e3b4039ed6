package io.fourthlog.trail.command;

import picocli.CommandLine.Command;

/** {@code fourthlog policy}: what policies say, before they are applied. */
@Command(
        name = "policy",
        description = "Checks and tests policies, and replays a trail through them, before they are applied.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {PolicyCheckCommand.class, PolicyTestCommand.class, PolicyReplayCommand.class})
final class PolicyCommand {}
