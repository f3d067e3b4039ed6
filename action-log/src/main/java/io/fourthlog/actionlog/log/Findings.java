package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What does not hold in a directory, up to a number: a hostile one can be wrong in as many places as it has bytes. */
final class Findings {

    static final int MAX = 1_000;

    private final List<Finding> all = new ArrayList<>();
    private int dropped; // beyond the maximum

    void add(Finding.Kind kind, @Nullable Long leaf, String file, @Nullable String message) {
        add(new Finding(kind, leaf, file, String.valueOf(message)));
    }

    void add(Finding finding) {
        if (all.size() < MAX) {
            all.add(finding);
        } else {
            dropped++;
        }
    }

    /** There is one more, of which nothing is kept. */
    void drop() {
        dropped++;
    }

    void unreadable(String file, @Nullable Long leaf, IOException e) {
        add(ofUnreadable(file, leaf, e));
    }

    static Finding ofUnreadable(String file, @Nullable Long leaf, IOException e) {
        return e instanceof NoSuchFileException
                ? new Finding(Finding.Kind.MISSING, leaf, file, "missing")
                : new Finding(Finding.Kind.MALFORMED, leaf, file, String.valueOf(e.getMessage()));
    }

    /** An entry has expired, and is still there. */
    void lingers(long leaf, LogPath path) {
        add(
                Finding.Kind.LINGERING,
                leaf,
                path.toString(),
                "leaf " + leaf + " has expired, and its entry is still there");
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** Whether there is one about this file. */
    boolean concern(String file) {
        return all.stream().anyMatch(finding -> finding.file().equals(file));
    }

    /** All of them, with one that says how many more there are. */
    List<Finding> report() {
        final List<Finding> report = new ArrayList<>(all);
        if (dropped > 0) {
            report.add(new Finding(Finding.Kind.TRUNCATED, null, "", dropped + " more findings"));
        }
        return report;
    }
}
