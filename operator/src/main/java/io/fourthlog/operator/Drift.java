package io.fourthlog.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether an object of the cluster still is what we want, without asking the API server: everything that we set must be there
 * with our value; what the server or others added does not matter. A field that we used to set and no longer do would not be seen
 * that way, so each object also carries a checksum of what we last applied.
 */
public final class Drift {

    private static final String APPLIED_ANNOTATION = "fourthlog.io/applied";

    private static final ObjectMapper SORTED = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final KubernetesSerialization serialization;

    public Drift(KubernetesSerialization serialization) {
        this.serialization = serialization;
    }

    /** Adds the checksum of what is about to be applied; the same for equal objects, in whatever order and process their maps were made. */
    public <T extends HasMetadata> T seal(T desired) {
        CRC32C checksum = new CRC32C(); // notices our own releases' changes; not a defence
        try {
            checksum.update(SORTED.writeValueAsBytes(desired));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an object of ours has no JSON", e);
        }
        desired.getMetadata().getAnnotations().put(APPLIED_ANNOTATION, Long.toHexString(checksum.getValue()));
        return desired;
    }

    /** Whether a sealed object has to be applied. */
    public boolean differs(@Nullable HasMetadata observed, HasMetadata desired) {
        return observed == null || !covers(tree(observed), tree(desired));
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
