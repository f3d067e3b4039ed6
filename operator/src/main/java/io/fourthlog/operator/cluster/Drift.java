package io.fourthlog.operator.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.Names;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether an object of the cluster still is what we want, without asking the API server: everything that we set must be there
 * with our value; what the server or others added does not matter. A field that we used to set and no longer do would not be seen
 * that way, so each object also carries a checksum of what we last applied. The digest of the config is not in it: it is all that changes
 * with most edits, and can then be written alone.
 */
public final class Drift {

    /** What of an object is not as it shall be. */
    public enum Difference {
        NONE,
        /** Only the digest of the config in its annotation. */
        DIGEST,
        MORE
    }

    private static final String APPLIED_ANNOTATION = "fourthlog.io/applied";
    private static final int KEPT = 16384; // objects that were compared last, of which a namespace has seven

    private static final ObjectMapper SORTED = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final KubernetesSerialization serialization;

    /** What an object was found to be like, and the form that this is. */
    private record Known(Object version, Object form) {}

    /** By uid. */
    private final Map<String, Known> known = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > KEPT;
        }
    });

    public Drift(KubernetesSerialization serialization) {
        this.serialization = serialization;
    }

    /** Adds the checksum of what is about to be applied; the same for equal objects, in whatever order and process their maps were made. */
    public <T extends HasMetadata> T seal(T desired) {
        Map<String, String> annotations = desired.getMetadata().getAnnotations();
        String digest = annotations.remove(Names.CONFIG_DIGEST_ANNOTATION);
        CRC32C checksum = new CRC32C(); // notices our own releases' changes; not a defence
        try {
            checksum.update(SORTED.writeValueAsBytes(desired));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an object of ours has no JSON", e);
        }
        annotations.put(APPLIED_ANNOTATION, Long.toHexString(checksum.getValue()));
        if (digest != null) {
            annotations.put(Names.CONFIG_DIGEST_ANNOTATION, digest);
        }
        return desired;
    }

    /** What of an object has to be written; one that was found to be as it shall be is not made and compared again. */
    public Difference between(@Nullable HasMetadata observed, Wanted wanted) {
        if (observed == null) {
            return Difference.MORE;
        }
        Known now = new Known(version(observed), wanted.form());
        if (now.equals(known.get(observed.getMetadata().getUid()))) {
            return digest(observed, wanted.digest());
        }
        Difference difference = between(observed, seal(wanted.make().get()));
        if (difference != Difference.MORE) {
            known.put(observed.getMetadata().getUid(), now);
        }
        return difference;
    }

    /** An object that nobody can change was just made: it is known to be as it shall be. */
    public void made(HasMetadata immutable, Wanted wanted) {
        known.put(immutable.getMetadata().getUid(), new Known(version(immutable), wanted.form()));
    }

    /** What of a sealed object has to be written. */
    public Difference between(@Nullable HasMetadata observed, HasMetadata desired) {
        if (observed == null) {
            return Difference.MORE;
        }
        JsonNode rest = tree(desired);
        if (rest.at("/metadata/annotations") instanceof ObjectNode annotations) {
            annotations.remove(Names.CONFIG_DIGEST_ANNOTATION);
        }
        return covers(tree(observed), rest)
                ? digest(observed, annotation(desired, Names.CONFIG_DIGEST_ANNOTATION))
                : Difference.MORE;
    }

    private static Difference digest(HasMetadata observed, @Nullable String digest) {
        return digest == null || digest.equals(annotation(observed, Names.CONFIG_DIGEST_ANNOTATION))
                ? Difference.NONE
                : Difference.DIGEST;
    }

    /** Another one whenever something changes that we write, and where there is a generation only then: a status and the digest come and go. */
    private static Object version(HasMetadata observed) {
        ObjectMeta metadata = observed.getMetadata();
        if (metadata.getGeneration() == null) {
            return metadata.getResourceVersion();
        }
        Map<String, String> annotations = new HashMap<>();
        if (metadata.getAnnotations() != null) {
            annotations.putAll(metadata.getAnnotations());
            annotations.remove(Names.CONFIG_DIGEST_ANNOTATION);
        }
        return Arrays.asList(
                metadata.getGeneration(), metadata.getLabels(), annotations, metadata.getOwnerReferences());
    }

    private static @Nullable String annotation(HasMetadata object, String name) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        return annotations == null ? null : annotations.get(name);
    }

    private JsonNode tree(HasMetadata object) {
        return serialization.convertValue(object, JsonNode.class);
    }

    static boolean covers(JsonNode observed, JsonNode desired) {
        if (desired.isObject()) {
            return desired.properties().stream()
                    .allMatch(field -> covers(observed.path(field.getKey()), field.getValue()));
        }
        if (desired.isArray()) {
            if (observed.size() != desired.size()) {
                return false;
            }
            for (int i = 0; i < desired.size(); i++) {
                if (!covers(observed.path(i), desired.path(i))) {
                    return false;
                }
            }
            return true;
        }
        return observed.equals(desired);
    }
}
