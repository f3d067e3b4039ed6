package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.policy.EnforceAction;

/** Does what a denying rule asks for, through the kernel. */
@FunctionalInterface
public interface Enforcer {
    /**
     * Acts at once, on the pipeline's thread.
     *
     * @param action not {@link EnforceAction#NONE}
     * @return {@link Enforcement#ENFORCED}, or {@link Enforcement#FAILED} when it did not work or is not supported
     */
    Enforcement enforce(EnforceAction action, Target target);
}
