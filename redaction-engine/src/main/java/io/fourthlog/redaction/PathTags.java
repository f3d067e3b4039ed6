package io.fourthlog.redaction;

import java.util.SortedSet;

/**
 * Resolves sensitivity from the name of a resource (a path, a URL or a host) instead of its content; used for files that the
 * kernel saw opened, for destinations, and for tool parameters that are paths.
 */
public final class PathTags {

    /** A file or folder that usually holds credentials. */
    public static final String FILESYSTEM_SENSITIVE = "filesystem-sensitive";

    /** An address inside the machine, the cluster or the private network, such as a cloud's metadata service. */
    public static final String NETWORK_INTERNAL = "network-internal";

    private PathTags() {}

    /**
     * Tags of a resource.
     *
     * @param name an absolute or relative path, a URL, or a host with or without a port
     * @return the tags, empty when the name says nothing
     */
    @SuppressWarnings("DoNotCallSuggester")
    public static SortedSet<String> of(String name) {
        throw new UnsupportedOperationException();
    }
}
