package io.fourthlog.redaction;

import java.util.Iterator;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link RedactionEngine} made of the last texts, since an agent sends its whole conversation again with each request. It has what
 * events have, found by the keyed hash that they have, and nothing of the texts. Bounded; confined to one thread.
 */
final class RedactedTexts {

    private static final int MOST = 2 << 20; // bytes, about: 1,200 messages of a KiB, 400 of four
    private static final int LEAST_OF_A_TEXT = 512; // bytes of a text without a fingerprint: objects and hashes

    private final LinkedHashMap<String, Redacted> texts = new LinkedHashMap<>(16, 0.75f, true);
    private int bytes;

    @Nullable
    Redacted get(String keyedHash) {
        return texts.get(keyedHash);
    }

    /** Takes what is not there yet, and forgets what was not asked for longest. */
    void add(String keyedHash, Redacted redacted) {
        texts.put(keyedHash, redacted);
        bytes += bytes(redacted);
        Iterator<Redacted> oldest = texts.values().iterator();
        while (bytes > MOST) {
            bytes -= bytes(oldest.next());
            oldest.remove();
        }
    }

    int size() {
        return texts.size();
    }

    private static int bytes(Redacted redacted) {
        String winnow = redacted.fingerprint().winnow();
        return LEAST_OF_A_TEXT + (winnow == null ? 0 : winnow.length());
    }
}
