package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Names where a request went, from its Host and from what its process connected to. */
final class Destinations {
    private static final int MAX_PORT = 65_535;

    private Destinations() {}

    /** A host that a request named, and its port. */
    private record Named(String host, int port) {}

    /**
     * The destination of a request of which is not known through which socket it went: its address is the one that the process connected
     * to last on that port. {@code null} if the request named no host.
     */
    static @Nullable Destination of(final Agent agent, final @Nullable String hostAndPort, final int defaultPort) {
        final Named named = named(hostAndPort, defaultPort);
        return named == null ? null : of(named, named.port(), agent.addressFor(named.port()));
    }

    /**
     * The destination of a request on a connection that leads to {@code peer}. That is where it goes, whatever it names, unless it goes
     * through a proxy: then it is not known which address its host has.
     *
     * @param plain whether it is sent without TLS, as such that a proxy is asked to make
     */
    static @Nullable Destination of(final Peer peer, final @Nullable String hostAndPort, final boolean plain) {
        final Named named = named(hostAndPort, plain ? 80 : 443);
        if (named == null) {
            return peer.within() ? null : of(peer);
        }
        return peer.within() || (plain && peer.port() != named.port())
                ? of(named, named.port(), null)
                : of(named, peer.port(), peer.address());
    }

    /** The destination of a connection of which no more is known than where it leads. */
    static Destination of(final Peer peer) {
        return of(peer.address(), peer.port());
    }

    private static Destination of(final Named named, final int port, final @Nullable String address) {
        return new Destination(named.host(), port, address, isExternal(named.host(), address));
    }

    private static @Nullable Named named(final @Nullable String hostAndPort, final int defaultPort) {
        if (hostAndPort == null) {
            return null;
        }
        final int colon = hostAndPort.lastIndexOf(':');
        final boolean bracketed = hostAndPort.startsWith("[");
        final boolean hasPort =
                bracketed ? colon > hostAndPort.indexOf(']') : colon >= 0 && hostAndPort.indexOf(':') == colon;
        final int port = hasPort ? port(hostAndPort.substring(colon + 1)) : defaultPort;
        final String host = unbracketed(hasPort ? hostAndPort.substring(0, colon) : hostAndPort);
        return port < 1 || host.isEmpty() ? null : new Named(host, port);
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
