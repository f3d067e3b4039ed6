package io.fourthlog.operator;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fourthlog.api.Names;
import java.util.regex.Pattern;

/**
 * Has the API server tell only the metadata of what nothing else is read of: configs of sensors, which are immutable and whose names are their
 * digests, when they are listed and watched; ConfigMaps and DaemonSets in the answer to their being made or changed. Of a thousand configs it
 * is twenty megabytes to be written, encrypted, decrypted and parsed, and as many again when a profile that they share is edited.
 */
final class MetadataOnly implements Interceptor {

    static final String NAME = "METADATA_ONLY";

    private static final String KIND = "PartialObjectMetadata";

    private static final Pattern WRITTEN =
            Pattern.compile(".*/(api|apis/apps)/v1/namespaces/[^/]+/(configmaps|daemonsets)(/[^/]+)?");
    private static final Pattern CONFIGS = Pattern.compile(".*/api/v1/namespaces/[^/]+/configmaps");
    private static final String OF_SENSORS = "labelSelector=" + Names.NAMESPACE_LABEL;

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        String path = request.uri().getPath();
        String query = String.valueOf(request.uri().getQuery());
        switch (request.method()) {
            case "POST", "PATCH" -> {
                if (WRITTEN.matcher(path).matches()) {
                    accept(builder, KIND);
                }
            }
            case "GET" -> {
                if (CONFIGS.matcher(path).matches() && query.contains(OF_SENSORS)) {
                    accept(builder, query.contains("watch=true") ? KIND : KIND + "List");
                }
            }
            default -> {}
        }
    }

    private static void accept(BasicBuilder builder, String kind) {
        builder.setHeader("Accept", "application/json;as=" + kind + ";g=meta.k8s.io;v=v1,application/json");
    }
}
