package io.fourthlog.sensor;

import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.sensor.kernel.BlockResult;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.TerminateResult;
import io.fourthlog.sensor.pipeline.Enforcer;
import io.fourthlog.sensor.pipeline.Target;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what denying rules ask for with the means of the kernel; says why when it cannot. */
final class KernelEnforcer implements Enforcer {

    private static final Logger LOG = LoggerFactory.getLogger(KernelEnforcer.class);

    private final Kernel kernel;

    KernelEnforcer(Kernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public Enforcement enforce(EnforceAction action, Target target) {
        return switch (action) {
            case NONE -> Enforcement.NONE;
            case RESET -> failed("reset: this version closes no connection of another process; use block or terminate");
            case BLOCK -> block(target);
            case TERMINATE -> terminate(target);
        };
    }

    private Enforcement block(Target target) {
        if (target.address() == null) {
            return failed("block: the address of the destination was not seen");
        }
        return switch (kernel.block(Path.of(target.podCgroupPath()), target.address(), target.port())) {
            case BlockResult.Blocked blocked -> Enforcement.ENFORCED;
            case BlockResult.Refused(String reason) -> failed("block: " + reason);
        };
    }

    private Enforcement terminate(Target target) {
        return switch (kernel.terminate(target.tgid(), target.startNs())) {
            case TerminateResult.Terminated terminated -> Enforcement.ENFORCED;
            case TerminateResult.AlreadyGone gone ->
                failed("terminate: process " + target.tgid() + " had ended before");
            case TerminateResult.Refused(String reason) -> failed("terminate: " + reason);
        };
    }

    private static Enforcement failed(String why) {
        LOG.warn("enforcement failed: {}", why);
        return Enforcement.FAILED;
    }
}
