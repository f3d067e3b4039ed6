package io.fourthlog.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.Extension;

final class OverdueTest {

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aReadOfWhatAProgramNeverPrintsEndsWithTheProgram() throws IOException {
        final Process silent = new ProcessBuilder("sh", "-c", "sleep 600; true").start(); // two of them hold the pipe
        final CompletableFuture<Integer> read = CompletableFuture.supplyAsync(() -> {
            try {
                return silent.getInputStream().read();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        Overdue.endPrograms();
        assertThat(read).succeedsWithin(30, TimeUnit.SECONDS).isEqualTo(-1);
    }

    @Test
    void jUnitFindsIt() {
        assertThat(ServiceLoader.load(Extension.class)).hasAtLeastOneElementOfType(Overdue.class);
    }
}
