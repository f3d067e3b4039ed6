package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.sensor.action.Agent;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Names where a request went, from its Host and from what its process connected to. */
final class Destinations {
    private static final int MAX_PORT = 65_535;

    private Destinations() {}

    /**
     * The destination of a request. Its address is the one that the process connected to last on that port, since
     * nothing ties a TLS connection's object to its socket; {@code null} if the request named no host.
     */
    static @Nullable Destination of(final Agent agent, final @Nullable String hostAndPort, final int defaultPort) {
        if (hostAndPort == null) {
            return null;
        }
        final int colon = hostAndPort.lastIndexOf(':');
        final boolean bracketed = hostAndPort.startsWith("[");
        final boolean hasPort =
                bracketed ? colon > hostAndPort.indexOf(']') : colon >= 0 && hostAndPort.indexOf(':') == colon;
        final int port = hasPort ? port(hostAndPort.substring(colon + 1)) : defaultPort;
        final String host = unbracketed(hasPort ? hostAndPort.substring(0, colon) : hostAndPort);
        if (port < 1 || host.isEmpty()) {
            return null;
        }
        final String address = agent.addressFor(port);
        return new Destination(host, port, address, isExternal(host, address));
    }

    /** The destination of a connection of which no more is known than where it leads. */
    static Destination of(final String address, final int port) {
        return new Destination(address, port, address, isExternal(address, address));
    }

    private static int port(final String digits) {
        if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        final int port = Integer.parseInt(digits);
        return port > MAX_PORT ? -1 : port;
    }

    private static String unbracketed(final String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean isExternal(final String host, final @Nullable String address) {
        final String literal = address != null ? address : host;
        try {
            return isPublic(InetAddress.ofLiteral(literal));
        } catch (final IllegalArgumentException _) {
            return host.indexOf('.') >= 0 // a name: in the cluster if it has the shape of one that only resolves there
                    && !host.endsWith(".svc")
                    && !host.endsWith(".local")
                    && !host.endsWith(".localhost")
                    && !host.endsWith(".internal");
        }
    }

    private static boolean isPublic(final InetAddress address) {
        final byte[] bytes = address.getAddress();
        final boolean uniqueLocal = address instanceof Inet6Address && (bytes[0] & 0xfe) == 0xfc; // RFC 4193
        final boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64; // RFC 6598
        return !(address.isLoopbackAddress()
                || address.isSiteLocalAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || uniqueLocal
                || shared);
    }
}
