package io.fourthlog.redaction;

import io.fourthlog.redaction.detect.ResourceNames;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

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
    public static SortedSet<String> of(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        SortedSet<String> tags = new TreeSet<>();
        add(ResourceNames.classify(bytes, 0, bytes.length), tags);
        return Collections.unmodifiableSortedSet(tags);
    }

    /** Adds the tags of some {@link ResourceNames} classes. */
    static void add(int classes, SortedSet<String> tags) {
        if ((classes & ResourceNames.FILESYSTEM_SENSITIVE) != 0) {
            tags.add(FILESYSTEM_SENSITIVE);
        }
        if ((classes & ResourceNames.NETWORK_INTERNAL) != 0) {
            tags.add(NETWORK_INTERNAL);
        }
    }
}
