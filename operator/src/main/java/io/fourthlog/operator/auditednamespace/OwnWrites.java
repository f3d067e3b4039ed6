package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What this operator wrote of late, so that the watch's echo of it is no reason to look at a namespace again. An echo that comes before
 * the answer is one: that costs a look and changes nothing.
 */
final class OwnWrites {

    private static final int KEPT = 8192;

    private final Set<String> writes = Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > KEPT;
        }
    }));

    void applied(HasMetadata answer) {
        writes.add(version(answer));
    }

    void deleted(HasMetadata observed) {
        writes.add(observed.getMetadata().getUid());
    }

    boolean isEcho(HasMetadata object) {
        return writes.contains(version(object));
    }

    boolean isEchoOfDeletion(HasMetadata object) {
        return writes.contains(object.getMetadata().getUid());
    }

    private static String version(HasMetadata object) {
        return object.getMetadata().getUid() + "/" + object.getMetadata().getResourceVersion();
    }
}
