package io.fourthlog.api;

/** Names a cluster-scoped RedactionProfile or RetentionTier. */
public record ClassRef(String name) {
    public ClassRef {
        Required.field("name", name);
    }
}
