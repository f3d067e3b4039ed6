package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Checks what {@link TreeVerifier} had no need of: partial files of earlier checkpoints, and strangers. */
final class OtherFiles {

    private final LogFiles files;
    private final long size;
    private final long first;
    private final Findings findings;
    private final List<String> beyond = new ArrayList<>();

    /**
     * All but those of a tree.
     *
     * @param size of the checkpoint's tree
     * @param first index of the first leaf that has not expired
     */
    OtherFiles(LogFiles files, long size, long first, Findings findings) {
        this.files = files;
        this.size = size;
        this.first = first;
        this.findings = findings;
    }

    /** Files of leaves that no checkpoint speaks of yet. */
    List<String> beyond() {
        return beyond;
    }

    void check() {
        try {
            for (final String name : files.names()) {
                switch (name) {
                    case LogFiles.CHECKPOINT,
                            LogFiles.IDENTITY,
                            LogFiles.TOMBSTONES,
                            WitnessedDays.FILE,
                            LogFiles.LOCK,
                            Journal.FILE,
                            LogPath.TILES -> {}
                    case LogFiles.CHECKPOINT + LogFiles.TEMPORARY,
                            LogFiles.IDENTITY + LogFiles.TEMPORARY,
                            LogFiles.TOMBSTONES + LogFiles.TEMPORARY,
                            WitnessedDays.FILE + LogFiles.TEMPORARY,
                            LogFiles.REWRITTEN -> beyond.add(name);
                    default -> findings.add(Finding.Kind.UNEXPECTED, null, name, "no log has such a file");
                }
            }
            files.forEachInTree(this::checkInTree);
        } catch (IOException e) {
            findings.unreadable("", null, e);
        }
    }

    private void checkInTree(String name) {
        final LogPath path = LogPath.parse(name).orElse(null);
        if (path == null) {
            findings.add(Finding.Kind.UNEXPECTED, null, name, "no log has such a file");
        } else if (path.endOfLeaves() > size) {
            beyond.add(name);
        } else if (path.full().endOfLeaves() <= first) {
            findings.add(Finding.Kind.LINGERING, null, name, "all of it has expired, and it is still there");
        } else if (!path.equals(LogPath.inTree(path.level(), path.index(), size))) {
            checkSuperseded(path, LogPath.inTree(path.level(), path.index(), size));
        }
    }

    /**
     * A partial file of an earlier checkpoint has to be the beginning of the one that took its place. When that one does
     * not hold itself, a difference would not tell which of them is wrong.
     */
    private void checkSuperseded(LogPath path, LogPath successor) {
        if (findings.concern(successor.toString())) {
            return;
        }
        try {
            if (path.isEntries()) {
                checkSuperseded(path, files.bundle(path), files.bundle(successor));
                return;
            }
            final byte[] earlier = files.tile(path);
            final byte[] later = files.tile(successor);
            final int mismatch = Arrays.mismatch(earlier, later);
            if (mismatch >= 0 && mismatch < earlier.length) {
                findings.add(
                        Finding.Kind.TILE_ALTERED,
                        path.level() == 0 ? path.firstHash() + mismatch / Hash.LENGTH : null,
                        path.toString(),
                        "hash " + mismatch / Hash.LENGTH + " is not that of " + successor);
            }
        } catch (EntryBundle.Broken e) {
            findings.add(Finding.Kind.MALFORMED, path.firstHash() + e.entry(), path.toString(), e.getMessage());
        } catch (NoSuchFileException e) {
            // A writer drops superseded files while we look, and a successor that is missing has been reported.
        } catch (IOException e) {
            findings.unreadable(path.toString(), null, e);
        }
    }

    private void checkSuperseded(LogPath path, EntryBundle earlier, EntryBundle later) {
        final int start = (int) Math.min(earlier.width(), Math.max(0, first - path.firstHash()));
        for (int i = 0; i < start; i++) {
            if (!earlier.isEmpty(i)) {
                findings.lingers(path.firstHash() + i, path);
            }
        }
        for (int i = start; i < earlier.width(); i++) {
            if (!earlier.leafHash(i).equals(later.leafHash(i))) {
                findings.add(
                        Finding.Kind.ENTRY_ALTERED,
                        path.firstHash() + i,
                        path.toString(),
                        "leaf " + (path.firstHash() + i) + " is another than in the larger bundle");
            }
        }
    }
}
