package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.Unheard.Subject;

/** What tells a process from all others: its number, and its start to the tick, which is all that is known of some. */
record ProcessKey(int tgid, long startTicks) {

    static ProcessKey of(final KernelProcess process) {
        return new ProcessKey(process.tgid(), process.startTicks());
    }

    static ProcessKey of(final Subject process) {
        return new ProcessKey(process.tgid(), process.startNs() / Processes.TICK_NS);
    }
}
