package io.fourthlog.policy;

/** A compiled expression; {@link CodeWriter} writes the subclasses. Stateless: what it works on is in the frame. */
abstract class Code {

    static final int FALSE = 0;
    static final int TRUE = 1; // of another type than bool: there is a value
    static final int FAILED = -1;

    /**
     * Evaluates it.
     *
     * @return for a bool, {@link #TRUE} or {@link #FALSE}; for another type, {@link #TRUE} with the value in the frame;
     *     {@link #FAILED} with the failure in the frame
     */
    abstract int run(Frame frame);
}
