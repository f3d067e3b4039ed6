package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Refuses destinations to pods: the map {@code blocked}, and the programs on a pod's cgroup once it has an entry there. */
final class Destinations implements AutoCloseable {
    private static final int MAPPED = 12; // where an IPv4 address is in an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2)

    private final Programs programs;
    private final int blocked;
    private final int replaced;
    private final Map<Path, List<Integer>> links = new HashMap<>(); // guarded by this

    Destinations(final Programs programs) {
        this.programs = programs;
        this.blocked = programs.mapFd("blocked");
        this.replaced = programs.mapFd("replaced");
    }

    /** Refuses an address, and the one that the pod asked for when it was given that (Services, where load is balanced in {@code connect}). */
    synchronized BlockResult block(final Path pod, final long cgroupId, final InetAddress address, final int port) {
        if (!programs.network()) {
            return new BlockResult.Refused("the sensor lacks the capability NET_ADMIN");
        }
        try (Arena arena = Arena.ofConfined()) {
            if (!links.containsKey(pod)) {
                links.put(pod, programs.attachToCgroup(pod));
            }
            final MemorySegment given = key(arena, cgroupId, address, port);
            programs.libbpf().update(blocked, given, arena.allocate(Long.BYTES));
            final MemorySegment asked = askedFor(arena, given);
            if (asked != null) {
                programs.libbpf().update(blocked, asked, arena.allocate(Long.BYTES));
            }
            return new BlockResult.Blocked();
        } catch (final LibC.Errno e) {
            return new BlockResult.Refused(e.getMessage());
        }
    }

    /** What the pod asked for last when it was given this address. */
    Optional<InetSocketAddress> askedFor(final long cgroupId, final InetAddress address, final int port) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment asked = askedFor(arena, key(arena, cgroupId, address, port));
            if (asked == null) {
                return Optional.empty();
            }
            final byte[] bytes = asked.asSlice(8, 16).toArray(ValueLayout.JAVA_BYTE);
            final int at = Short.toUnsignedInt(Short.reverseBytes(asked.get(ValueLayout.JAVA_SHORT, 24)));
            return Optional.of(new InetSocketAddress(InetAddress.getByAddress(bytes), at));
        } catch (final UnknownHostException e) {
            throw new IllegalStateException("an address has 16 bytes", e);
        }
    }

    private @Nullable MemorySegment askedFor(final Arena arena, final MemorySegment given) {
        final MemorySegment asked = arena.allocate(given.byteSize(), 8);
        programs.libbpf().read(replaced, given, asked, false);
        return asked.get(ValueLayout.JAVA_LONG, 0) == 0 ? null : asked;
    }

    /**
     * <pre>
     * struct destination: 0 u64 pod │ 8 address[16] │ 24 u16 port, network order │ 26 zeros │ 32
     * </pre>
     */
    private static MemorySegment key(
            final Arena arena, final long cgroupId, final InetAddress address, final int port) {
        final MemorySegment key = arena.allocate(32, 8);
        key.set(ValueLayout.JAVA_LONG, 0, cgroupId);
        final byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            key.set(ValueLayout.JAVA_SHORT, 8 + 10, (short) 0xffff);
            MemorySegment.copy(bytes, 0, key, ValueLayout.JAVA_BYTE, 8 + MAPPED, bytes.length);
        } else {
            MemorySegment.copy(bytes, 0, key, ValueLayout.JAVA_BYTE, 8, bytes.length);
        }
        key.set(ValueLayout.JAVA_SHORT, 24, Short.reverseBytes((short) port));
        return key;
    }

    /** Detaches from pods that are gone. */
    synchronized void forget() {
        links.entrySet().removeIf(link -> {
            if (Files.isDirectory(link.getKey())) {
                return false;
            }
            link.getValue().forEach(LibC::close);
            return true;
        });
    }

    @Override
    public synchronized void close() {
        links.values().forEach(each -> each.forEach(LibC::close));
        links.clear();
    }
}
