package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.PartFingerprint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The fingerprints of a conversation's parts that its event has room for: of the newest all of it, of those before their hashes, and
 * nothing of the oldest. Each was new in an event before, since a conversation is sent again with every request.
 */
final class Fingerprints {
    private static final int MOST = 40 << 10; // bytes, about, of the 64 KiB of an entry in the log
    private static final int MOST_BARE = 12 << 10; // of them of the parts that have hashes alone
    private static final int HASHES = 320; // bytes that a part takes without what matches an excerpt

    private final ArrayDeque<PartFingerprint> bare = new ArrayDeque<>();
    private final ArrayDeque<PartFingerprint> whole = new ArrayDeque<>(); // the newer ones
    private int size; // of those

    void add(final PartFingerprint part) {
        whole.addLast(part);
        size += size(part);
        while (size + bare.size() * HASHES > MOST && whole.size() > 1) {
            final PartFingerprint oldest = whole.removeFirst();
            size -= size(oldest);
            bare.addLast(new PartFingerprint(
                    oldest.part(),
                    oldest.bytes(),
                    oldest.sha256(),
                    oldest.normalizedSha256(),
                    oldest.keyedHash(),
                    null));
            if (bare.size() * HASHES > MOST_BARE) {
                bare.removeFirst();
            }
        }
    }

    boolean isEmpty() {
        return whole.isEmpty();
    }

    /** In order of the parts. */
    List<PartFingerprint> list() {
        final List<PartFingerprint> all = new ArrayList<>(bare);
        all.addAll(whole);
        return all;
    }

    /** Bytes, about. */
    int size() {
        return size + bare.size() * HASHES;
    }

    private static int size(final PartFingerprint part) {
        return HASHES + (part.winnow() == null ? 0 : part.winnow().length());
    }
}
