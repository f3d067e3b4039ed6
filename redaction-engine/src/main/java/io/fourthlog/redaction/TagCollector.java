package io.fourthlog.redaction;

import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Collects tags, each once: detectors of a tag that is known are not asked again. Reused; confined to one thread. */
final class TagCollector implements Classifier.Sink {

    private final List<String> tags; // by index; several can be the same
    private final boolean[] known;
    private final SortedSet<String> found = new TreeSet<>();

    TagCollector(Profile profile) {
        this.tags = profile.tags();
        this.known = new boolean[tags.size()];
    }

    void begin() {
        if (!found.isEmpty()) {
            found.clear();
            Arrays.fill(known, false);
        }
    }

    /** What was found since it began; valid until it begins again. */
    SortedSet<String> found() {
        return found;
    }

    @Override
    public boolean wants(int tag) {
        return !known[tag];
    }

    @Override
    public void found(int tag, long start, long end, boolean custom) {
        String name = tags.get(tag);
        found.add(name);
        for (int i = 0; i < known.length; i++) {
            known[i] |= tags.get(i).equals(name);
        }
    }
}
