package io.fourthlog.operator;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Has the API server answer with the metadata alone when a ConfigMap or a DaemonSet is made or changed. Nothing else of the answer is read, and
 * of a config and its DaemonSet together it is twenty kibibytes to be written, encrypted, decrypted and parsed.
 */
final class MetadataAnswers implements Interceptor {

    static final String NAME = "METADATA_ANSWERS";

    private static final Set<String> METHODS = Set.of("POST", "PATCH");
    private static final Pattern PATHS =
            Pattern.compile(".*/(api|apis/apps)/v1/namespaces/[^/]+/(configmaps|daemonsets)(/[^/]+)?");
    private static final String METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        if (METHODS.contains(request.method())
                && PATHS.matcher(request.uri().getPath()).matches()) {
            builder.setHeader("Accept", METADATA + ",application/json");
        }
    }
}
