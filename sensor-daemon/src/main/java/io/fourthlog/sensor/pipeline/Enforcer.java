package io.fourthlog.sensor.pipeline;

import io.fourthlog.policy.EnforceAction;

/** Does what a denying rule asks for, through the kernel. */
@FunctionalInterface
public interface Enforcer {
    /** What became of it. */
    sealed interface Outcome {
        /** It was done. */
        record Enforced() implements Outcome {}

        /** It did not work, or is not supported. */
        record Failed(String reason) implements Outcome {}
    }

    /**
     * Acts at once, on the pipeline's thread.
     *
     * @param action not {@link EnforceAction#NONE}
     */
    Outcome enforce(EnforceAction action, Target target);
}
