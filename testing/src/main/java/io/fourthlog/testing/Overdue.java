package io.fourthlog.testing;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;

/**
 * Ends all programs that the tests started when one test takes longer than it may: an interrupt ends no read of what a program prints, and
 * the end of that program does. JUnit finds this by {@code META-INF/services}.
 */
public final class Overdue implements PreInterruptCallback {

    @Override
    public void beforeThreadInterrupt(PreInterruptContext interrupted, ExtensionContext test) {
        endPrograms();
    }

    static void endPrograms() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    }
}
