package io.fourthlog.actionlog.event;

import org.jspecify.annotations.Nullable;

/**
 * Where a request went.
 *
 * @param host the name that the client asked for (SNI or Host), or the address when it named none
 * @param port 1 to 65535
 * @param address the address that it connected to, if the connection was seen
 * @param external whether that is outside of the cluster and its private networks
 */
public record Destination(String host, int port, @Nullable String address, boolean external) {

    public Destination {
        host = Rules.text("destination.host", host);
        if (port < 1 || port > 65_535) {
            throw new InvalidField("destination.port", port + " is not between 1 and 65535");
        }
        address = Rules.optionalText("destination.address", address);
    }
}
