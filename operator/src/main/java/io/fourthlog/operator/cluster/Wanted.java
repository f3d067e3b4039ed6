package io.fourthlog.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An object as it shall be. It is only made when somebody needs it: of most objects it is known that they are so.
 *
 * @param kind of the object
 * @param namespace of the object
 * @param name of the object
 * @param form everything that it is made from but for the digest: objects of one name and equal forms are equal
 * @param digest of the config, in its annotation; null when it has none
 * @param make makes what of it is compared
 * @param fill adds the rest, which nobody can change and its name is the digest of
 */
public record Wanted(
        String kind,
        String namespace,
        String name,
        Object form,
        @Nullable String digest,
        Supplier<HasMetadata> make,
        UnaryOperator<HasMetadata> fill) {

    /** One that is compared as a whole. */
    public Wanted(
            String kind,
            String namespace,
            String name,
            Object form,
            @Nullable String digest,
            Supplier<HasMetadata> make) {
        this(kind, namespace, name, form, digest, make, UnaryOperator.identity());
    }

    /** Whether this is what the object shall be. */
    public boolean isOf(HasMetadata object) {
        return kind.equals(object.getKind())
                && name.equals(object.getMetadata().getName())
                && namespace.equals(object.getMetadata().getNamespace());
    }
}
