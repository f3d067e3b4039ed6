package io.fourthlog.policy;

import java.util.List;

/**
 * What is known of a trace so far, for {@code trace.*} in rules; each list without repetition, in the order of arrival.
 *
 * @param sensitivity tags of what its tools and models were given and answered, and of what it read
 * @param tools names of the tools it called
 * @param resources URIs it read or wrote
 * @param hosts names of the hosts it sent to
 */
public record TraceView(List<String> sensitivity, List<String> tools, List<String> resources, List<String> hosts) {

    /** A trace of which nothing is known. */
    public static final TraceView EMPTY = new TraceView(List.of(), List.of(), List.of(), List.of());

    public TraceView {
        sensitivity = List.copyOf(sensitivity);
        tools = List.copyOf(tools);
        resources = List.copyOf(resources);
        hosts = List.copyOf(hosts);
    }
}
