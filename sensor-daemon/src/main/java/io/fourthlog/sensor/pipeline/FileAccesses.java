package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.InFlight;
import io.fourthlog.sensor.action.Resources;
import io.fourthlog.sensor.action.RuntimeFiles;
import io.fourthlog.sensor.kernel.KernelEventSink.FileBytes;
import io.fourthlog.sensor.kernel.KernelEventSink.OpenFile;
import io.fourthlog.sensor.streams.GapCause;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a data_access of each file that an agent opens, written when it is closed and its bytes are counted, and judged
 * when it is opened as well, so that a denial comes before what was read can be used.
 */
final class FileAccesses {
    private static final int O_ACCMODE = 3; // <fcntl.h>
    private static final String[] MODES = {"read", "write", "read_write", "read_write"}; // by flags & O_ACCMODE

    private final Recorder recorder;
    private final Identities identities;
    private final Supplier<Instant> now;
    private final Map<Long, Access> open = new LinkedHashMap<>(); // as many as the kernel's reader remembers, at most
    private long excluded;

    FileAccesses(final Recorder recorder, final Identities identities, final Supplier<Instant> now) {
        this.recorder = recorder;
        this.identities = identities;
        this.now = now;
    }

    /** Openings that were a runtime's own and are not recorded. */
    long excluded() {
        return excluded;
    }

    void opened(final Agent agent, final OpenFile file) {
        final Access access = begin(agent, file, true);
        if (access == null) {
            return;
        }
        open.put(file.sequence(), access);
        agent.began();
        access.judge();
        if (Identities.isToken(access.path)) {
            identities.tokenRead(agent, access.cause.then(access.id), access.ts);
        }
    }

    void closed(final Agent agent, final OpenFile file, final FileBytes bytes) {
        Access access = remove(file.sequence());
        if (access == null) {
            access = begin(agent, file, false); // opened before the capture began, or excluded
        }
        if (access != null) {
            access.finish(bytes);
        }
    }

    /** A file's closing will not be told. */
    void closingLost(final long openSequence) {
        final Access access = remove(openSequence);
        if (access != null) {
            access.lost();
        }
    }

    /** A process has ended; what it still had open had its closing records before. */
    void ended(final Agent agent) {
        open.values().removeIf(access -> {
            if (access.agent == agent) {
                agent.finished();
                access.lost();
                return true;
            }
            return false;
        });
    }

    private @Nullable Access remove(final Long openSequence) {
        final Access access = open.remove(openSequence);
        if (access != null) {
            access.agent.finished();
        }
        return access;
    }

    private @Nullable Access begin(final Agent agent, final OpenFile opened, final boolean opening) {
        final RuntimeFiles.Named file = recorder.runtimeFiles().named(opened.path());
        final List<InFlight> calls = agent.session().serving(agent);
        if (file.isRuntimes(!calls.isEmpty() && opening)) {
            excluded += opening ? 1 : 0;
            return null;
        }
        final List<InFlight> serving = agent.session().naming(calls, file.path());
        return new Access(agent, file, opened.flags(), agent.session().ofResource(agent, serving, "file"));
    }

    private final class Access {
        private final Agent agent;
        private final String path;
        private final String mode;
        private final List<String> tags;
        private final UUID id = recorder.newId();
        private final Instant ts = now.get();
        private final Cause cause;
        private Recorder.@Nullable Judged early;

        private Access(final Agent agent, final RuntimeFiles.Named file, final int flags, final Cause cause) {
            this.agent = agent;
            this.path = file.path();
            this.mode = MODES[flags & O_ACCMODE];
            this.tags = List.copyOf(file.tags());
            this.cause = cause;
        }

        private void judge() {
            early = recorder.judgeEarly(event(0L, Completeness.COMPLETE), agent, cause, null);
        }

        /** What was mapped into memory may have been read from there, all of it, or not: it is missing from the count. */
        private void finish(final FileBytes bytes) {
            final DataAccess event = event(
                    bytes.read() + bytes.written(),
                    bytes.mapped() == 0 ? Completeness.COMPLETE : Completeness.gap(bytes.mapped()));
            recorder.judgeAndRecord(event, agent, cause, null, early);
        }

        private void lost() {
            final DataAccess event = event(null, Completeness.gap(null));
            recorder.judgeAndRecord(event, agent, cause, null, early);
            recorder.gap(agent, cause.then(id), id, GapCause.FILE, ts, now.get(), -1);
        }

        private DataAccess event(final @Nullable Long bytes, final Completeness completeness) {
            final TreeMap<String, String> unknown = new TreeMap<>();
            unknown.put("row_count", "a file has bytes, not rows");
            if (bytes == null) {
                unknown.put("byte_count", "the file's closing was not captured");
            }
            final Header header = recorder.header(id, agent, cause, ts, completeness, Evidence.OBSERVED)
                    .withUnknown(unknown);
            return new DataAccess(header, Resources.fileUri(path), mode, null, bytes, tags);
        }
    }
}
