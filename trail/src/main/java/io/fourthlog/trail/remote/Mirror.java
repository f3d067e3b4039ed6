package io.fourthlog.trail.remote;

import io.fourthlog.actionlog.log.Contradiction;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.FollowResult;
import io.fourthlog.actionlog.log.FollowedLog;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.proof.EvidenceFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * A copy of a collector's trail in a folder, which grows by what is new and keeps nothing that it has not checked. The keys
 * of the witness and of each log are pinned when they are first seen.
 */
public final class Mirror {

    private final TrailFolder folder;

    public Mirror(Path directory) {
        this.folder = new TrailFolder(directory);
    }

    /** Told how far the copy is. */
    @FunctionalInterface
    public interface Progress {

        /**
         * Takes how far it is.
         *
         * @param done events that the copy has
         * @param of events that the collector has
         */
        void at(long done, long of);
    }

    /**
     * What does not hold.
     *
     * @param log of the trail; empty for the trail as a whole
     * @param evidence the file that proves it to others, if the log signed two trees of one size
     */
    public record Contradicted(String log, Finding finding, Optional<Path> evidence) {}

    /**
     * Catches up with the collector; waits while another command does.
     *
     * @return what does not hold; for the logs concerned the copy is as it was
     * @throws UsageException when the collector or the folder cannot be used
     */
    public List<Contradicted> update(RemoteTrail remote, Progress progress) throws UsageException {
        try {
            Files.createDirectories(folder.logs());
            try (FileChannel channel =
                    FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                return copy(remote, progress);
            }
        } catch (RemoteTrail.UnreachableException e) {
            throw remote.explain(e);
        } catch (IOException e) {
            throw new UsageException(
                    "cannot keep a copy of the trail in " + folder.directory() + ": " + e.getMessage()
                            + "; give --cache another folder",
                    e);
        }
    }

    private List<Contradicted> copy(RemoteTrail remote, Progress progress) throws UsageException, IOException {
        final RemoteTrail.Listing listing = remote.list();
        final VerifierKey witness = witness(listing.witness(), remote);
        // Before the logs: these go on growing, and have to have what was stamped.
        copyNumbered(remote, "timestamps", folder.timestamps());
        copyNumbered(remote, "erasures", folder.erasures());
        final List<Contradicted> contradictions = new ArrayList<>();
        final long total = listing.logs().stream()
                .mapToLong(RemoteTrail.Listing.Entry::size)
                .sum();
        final Set<LogName> listed = new HashSet<>();
        long done = 0;
        for (final RemoteTrail.Listing.Entry entry : listing.logs()) {
            listed.add(entry.name());
            final long before = done;
            final FollowResult result =
                    follow(remote, entry.name(), witness, size -> progress.at(before + size, total));
            if (result instanceof FollowResult.Contradicted(Finding finding, Optional<Contradiction> proof)) {
                final Optional<Path> evidence = proof.isEmpty()
                        ? Optional.empty()
                        : new EvidenceFolder(folder.evidence(entry.name()))
                                .keep(proof.get(), remote.server().toString(), Instant.now());
                contradictions.add(new Contradicted(entry.name().name(), finding, evidence));
            }
            done += entry.size();
            progress.at(done, total);
        }
        for (final LogName held : folder.names()) {
            if (!listed.contains(held)) {
                contradictions.add(new Contradicted(
                        held.name(),
                        new Finding(Finding.Kind.HISTORY, null, "", "the collector does not list this log any more"),
                        Optional.empty()));
            }
        }
        return contradictions;
    }

    private static void copyNumbered(RemoteTrail remote, String kind, NumberedFiles held) throws IOException {
        final int last = remote.last(kind);
        for (int number = held.last() + 1; number <= last; number++) {
            final Optional<byte[]> content = remote.numbered(kind, number, held.atMost());
            if (content.isPresent()) { // if not, it was removed there: less is proven, and nothing contradicted
                held.write(number, content.get());
            }
        }
    }

    private FollowResult follow(RemoteTrail remote, LogName name, VerifierKey witness, LongConsumer progress)
            throws IOException {
        try (FollowedLog log = FollowedLog.open(folder.log(name), name.name())) {
            return log.follow(file -> remote.file(name, file), List.of(witness), progress);
        }
    }

    private VerifierKey witness(String listed, RemoteTrail remote) throws UsageException, IOException {
        final VerifierKey key;
        try {
            key = VerifierKey.parse(listed);
        } catch (LogFormatException e) {
            throw new UsageException(remote.server() + " does not answer like a collector: " + e.getMessage(), e);
        }
        final Path file = folder.witnessVerifierKey();
        if (!Files.exists(file)) {
            Files.writeString(file, key + "\n");
        } else if (!Files.readString(file).strip().equals(key.toString())) {
            throw new UsageException("the witness at " + remote.server() + " has another key than the one in " + file
                    + ": if the trail was set up anew, remove " + folder.directory()
                    + "; if not, someone else answers there");
        }
        return key;
    }
}
