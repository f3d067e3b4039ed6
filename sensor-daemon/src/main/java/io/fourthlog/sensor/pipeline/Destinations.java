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

    /**
     * What a request says of where it goes.
     *
     * @param hostAndPort that it names, {@code null} if it names none
     * @param proxied whether it is said to a proxy, to be made or sent on
     */
    record Asked(@Nullable String hostAndPort, int defaultPort, boolean proxied) {}

    private record Named(String host, int port) {}

    /**
     * The destination of a request of which is not known through which socket it goes: its address is the one that the process connected
     * to last on that port. {@code null} if the request named no host.
     */
    static @Nullable Destination likely(final Agent agent, final Asked asked) {
        final Named named = named(asked);
        return named == null ? null : of(named, agent.addressFor(named.port()));
    }

    /** The destination of a request to a program of this machine, on a socket without an address. */
    static @Nullable Destination local(final Asked asked) {
        final Named named = named(asked);
        return named == null ? null : of(named, null);
    }

    /**
     * The destination of a request on a connection that leads to {@code peer}. That is where it goes, whatever it names; of what goes to a
     * proxy the name is all there is, and it leaves the cluster also if the proxy is outside.
     */
    static @Nullable Destination of(final Peer peer, final Asked asked) {
        final Named named = named(asked);
        if (!asked.proxied() && !peer.within()) {
            return named == null ? of(peer) : of(new Named(named.host(), peer.port()), peer.address());
        }
        return named == null
                ? null
                : new Destination(
                        named.host(),
                        named.port(),
                        null,
                        isExternal(named.host(), null) || isExternal(peer.address(), peer.address()));
    }

    /** The destination of a connection of which no more is known than where it leads. */
    static Destination of(final Peer peer) {
        return of(peer.address(), peer.port());
    }

    private static Destination of(final Named named, final @Nullable String address) {
        return new Destination(named.host(), named.port(), address, isExternal(named.host(), address));
    }

    private static @Nullable Named named(final Asked asked) {
        final String hostAndPort = asked.hostAndPort();
        if (hostAndPort == null) {
            return null;
        }
        final int colon = hostAndPort.lastIndexOf(':');
        final boolean bracketed = hostAndPort.startsWith("[");
        final boolean hasPort =
                bracketed ? colon > hostAndPort.indexOf(']') : colon >= 0 && hostAndPort.indexOf(':') == colon;
        final int port = hasPort ? port(hostAndPort.substring(colon + 1)) : asked.defaultPort();
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
