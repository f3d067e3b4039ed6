package io.fourthlog.sensor;

import io.fourthlog.policy.EnforceAction;
import io.fourthlog.sensor.kernel.BlockResult;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.ResetResult;
import io.fourthlog.sensor.kernel.TerminateResult;
import io.fourthlog.sensor.pipeline.Enforcer;
import io.fourthlog.sensor.pipeline.Target;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what denying rules ask for with the means of the kernel; says why when it cannot. */
final class KernelEnforcer implements Enforcer {

    private static final String NOWHERE =
            "it went over no connection, or the address of the destination was not seen; use terminate";

    private static final Logger LOG = LoggerFactory.getLogger(KernelEnforcer.class);

    private final Kernel kernel;

    KernelEnforcer(Kernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public Outcome enforce(EnforceAction action, Target target) {
        final Outcome outcome = switch (action) {
            case NONE -> throw new IllegalArgumentException("there is nothing to enforce");
            case RESET -> reset(target);
            case BLOCK -> block(target);
            case TERMINATE -> terminate(target);
        };
        if (outcome instanceof Outcome.Failed(String reason)) {
            LOG.warn("enforcement failed: {}: {}", action, reason);
        }
        return outcome;
    }

    private Outcome reset(Target target) {
        if (target.address() == null) {
            return failed(NOWHERE);
        }
        return switch (kernel.reset(
                target.tgid(), target.startNs(), Path.of(target.podCgroupPath()), target.address(), target.port())) {
            case ResetResult.Reset reset -> new Outcome.Enforced();
            case ResetResult.NotThere gone ->
                failed("process " + target.tgid() + " had no connection to " + target.address() + " port "
                        + target.port() + " any more");
            case ResetResult.Refused(String reason) -> failed(reason);
        };
    }

    private Outcome block(Target target) {
        if (target.address() == null) {
            return failed(NOWHERE);
        }
        return switch (kernel.block(Path.of(target.podCgroupPath()), target.address(), target.port())) {
            case BlockResult.Blocked blocked -> new Outcome.Enforced();
            case BlockResult.Refused(String reason) -> failed(reason);
        };
    }

    private Outcome terminate(Target target) {
        return switch (kernel.terminate(target.tgid(), target.startNs())) {
            case TerminateResult.Terminated terminated -> new Outcome.Enforced();
            case TerminateResult.AlreadyGone gone -> failed("process " + target.tgid() + " had ended before");
            case TerminateResult.Refused(String reason) -> failed(reason);
        };
    }

    private static Outcome failed(String reason) {
        return new Outcome.Failed(reason);
    }
}
