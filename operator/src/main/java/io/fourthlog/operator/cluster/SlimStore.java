package io.fourthlog.operator.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;

/**
 * An informer's objects without their managedFields, which nothing here reads and which are up to half of an object. A ConfigMap is said to be
 * one also where the answer has its metadata alone, which is a kind of its own to the API server.
 */
public final class SlimStore<T extends HasMetadata> extends BasicItemStore<T> {

    public SlimStore() {
        super(Cache::metaNamespaceKeyFunc);
    }

    @Override
    public T put(String key, T object) {
        object.getMetadata().setManagedFields(List.of());
        if (object instanceof ConfigMap map) {
            map.setApiVersion("v1");
            map.setKind("ConfigMap");
        }
        return super.put(key, object);
    }
}
