package io.fourthlog.trail.command;

/** What the command's exit codes say. */
final class ExitCode {

    static final int HOLDS = 0;
    static final int FINDING = 1;
    static final int USAGE = 2;

    private ExitCode() {}
}
