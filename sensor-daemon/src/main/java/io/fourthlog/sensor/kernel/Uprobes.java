package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.GoProgram;
import io.fourthlog.sensor.binary.TlsLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Attaches programs to functions of files. What is attached are links: closing one of these descriptors detaches its program. */
final class Uprobes {
    private static final int MULTI_RETURN = 1 << 0; // flags of uprobe_multi

    private final LibBpf libbpf;
    private final long object; // of libbpf
    private final UprobeLinks links;

    Uprobes(final LibBpf libbpf, final long object, final UprobeLinks links) {
        this.libbpf = libbpf;
        this.object = object;
        this.links = links;
    }

    /** Says which of the programs are to be loaded, and how they will be attached. */
    void choose() {
        for (final String calls : List.of("tls", "aead")) {
            if (links == UprobeLinks.SESSION) {
                libbpf.attachType(program(calls + "_session"), UprobeLinks.SESSION.attachType());
                libbpf.skip(program(calls + "_entry"));
                libbpf.skip(program(calls + "_exit"));
            } else {
                libbpf.skip(program(calls + "_session"));
                attachType(calls + "_entry", calls + "_exit");
            }
        }
        attachType("tls_free", "go_write", "go_read", "go_read_return", "go_close", "go_handshake");
    }

    private void attachType(final String... names) {
        if (links == UprobeLinks.PERF_EVENT) {
            return; // which programs need not be loaded for
        }
        for (final String name : names) {
            libbpf.attachType(program(name), UprobeLinks.MULTI.attachType());
        }
    }

    /**
     * Attaches to functions of a TLS library that read or write.
     *
     * @param path of the file
     * @param offsets in the file
     * @param cookies what each function does, {@link TlsLibrary#functions()}
     * @return the links
     */
    List<Integer> attachTls(final String path, final List<Long> offsets, final List<Long> cookies) throws LibC.Errno {
        return attachCalls("tls", path, offsets, cookies);
    }

    /** Attaches to functions that seal or open the records of TLS: {@code aead.h}. */
    List<Integer> attachRecords(final String path, final List<Long> offsets, final List<Long> cookies)
            throws LibC.Errno {
        return attachCalls("aead", path, offsets, cookies);
    }

    private List<Integer> attachCalls(
            final String calls, final String path, final List<Long> offsets, final List<Long> cookies)
            throws LibC.Errno {
        if (links == UprobeLinks.SESSION) {
            return List.of(link(calls + "_session", UprobeLinks.SESSION, 0, path, offsets, cookies));
        }
        // The return first: an entry without its return is forgotten, a return without its entry is ignored.
        final List<Integer> attached = new ArrayList<>(uprobes(calls + "_exit", MULTI_RETURN, path, offsets, cookies));
        try {
            attached.addAll(uprobes(calls + "_entry", 0, path, offsets, cookies));
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    /** Attaches to the TLS of a program written in Go. */
    List<Integer> attachGo(final String path, final GoProgram go) throws LibC.Errno {
        final List<Integer> attached = new ArrayList<>();
        try {
            attached.addAll(uprobes("go_write", 0, path, List.of(go.write()), List.of(0L)));
            attached.addAll(uprobes("go_read_return", 0, path, go.readReturns(), none(go.readReturns())));
            attached.addAll(uprobes("go_read", 0, path, List.of(go.read()), List.of(0L)));
            attached.addAll(uprobes("go_close", 0, path, List.of(go.close()), List.of(0L)));
            if (!go.handshakes().isEmpty()) {
                attached.addAll(uprobes("go_handshake", 0, path, go.handshakes(), none(go.handshakes())));
            }
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    /** As many cookies that say nothing. */
    private static List<Long> none(final List<Long> offsets) {
        return Collections.nCopies(offsets.size(), 0L);
    }

    /** Attaches to the function that frees a connection. */
    List<Integer> attachFree(final String path, final long offset) throws LibC.Errno {
        return uprobes("tls_free", 0, path, List.of(offset), List.of(0L));
    }

    /** Attaches to the return of a function that is no TLS library's. */
    List<Integer> attachReturn(final String path, final long offset) throws LibC.Errno {
        return uprobes("tls_free", MULTI_RETURN, path, List.of(offset), List.of(0L));
    }

    private List<Integer> uprobes(
            final String program,
            final int flags,
            final String path,
            final List<Long> offsets,
            final List<Long> cookies)
            throws LibC.Errno {
        if (links != UprobeLinks.PERF_EVENT) {
            return List.of(link(program, UprobeLinks.MULTI, flags, path, offsets, cookies));
        }
        final List<Integer> attached = new ArrayList<>();
        try {
            for (int i = 0; i < offsets.size(); i++) {
                final int event = perfEvent(path, offsets.get(i), flags == MULTI_RETURN);
                try {
                    attached.add(linkEvent(program, event, path, cookies.get(i)));
                } finally {
                    LibC.close(event); // the link holds it
                }
            }
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    /**
     * <pre>
     * struct perf_event_attr: 0 type │ 4 size │ 8 config │ … │ 56 uprobe_path │ 64 probe_offset
     * </pre>
     */
    private static int perfEvent(final String path, final long offset, final boolean returns) throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(72, 8); // PERF_ATTR_SIZE_VER1
            attributes.set(ValueLayout.JAVA_INT, 0, Integer.parseInt(ofUprobes("type")));
            attributes.set(ValueLayout.JAVA_INT, 4, (int) attributes.byteSize());
            final int bit = Integer.parseInt(ofUprobes("format/retprobe").substring("config:".length()));
            attributes.set(ValueLayout.JAVA_LONG, 8, returns ? 1L << bit : 0);
            attributes.set(ValueLayout.ADDRESS, 56, call.allocateFrom(path));
            attributes.set(ValueLayout.JAVA_LONG, 64, offset);
            return LibC.perfEvent("probe " + path, attributes);
        }
    }

    private static String ofUprobes(final String name) {
        try {
            return Files.readString(Path.of("/sys/bus/event_source/devices/uprobe/" + name))
                    .strip();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * <pre>
     * union bpf_attr, link_create: 0 prog_fd │ 4 target_fd │ 8 attach_type │ 12 flags │ perf_event: 16 bpf_cookie
     * </pre>
     */
    private int linkEvent(final String program, final int event, final String path, final long cookie)
            throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(64, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, libbpf.programFd(program(program)));
            attributes.set(ValueLayout.JAVA_INT, 4, event);
            attributes.set(ValueLayout.JAVA_INT, 8, UprobeLinks.PERF_EVENT.attachType());
            attributes.set(ValueLayout.JAVA_LONG, 16, cookie);
            return LibC.bpf("attach " + program + " to " + path, LibC.BPF_LINK_CREATE, attributes);
        }
    }

    /**
     * <pre>
     * union bpf_attr, link_create:
     *  0 prog_fd │ 4 target_fd │ 8 attach_type │ 12 flags │
     *  uprobe_multi: 16 path │ 24 offsets │ 32 ref_ctr_offsets │ 40 cookies │ 48 cnt │ 52 flags │ 56 pid
     * </pre>
     */
    private int link(
            final String program,
            final UprobeLinks type,
            final int flags,
            final String path,
            final List<Long> offsets,
            final List<Long> cookies)
            throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(64, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, libbpf.programFd(program(program)));
            attributes.set(ValueLayout.JAVA_INT, 8, type.attachType());
            attributes.set(ValueLayout.ADDRESS, 16, call.allocateFrom(path));
            attributes.set(ValueLayout.ADDRESS, 24, call.allocateFrom(ValueLayout.JAVA_LONG, longs(offsets)));
            attributes.set(ValueLayout.ADDRESS, 40, call.allocateFrom(ValueLayout.JAVA_LONG, longs(cookies)));
            attributes.set(ValueLayout.JAVA_INT, 48, offsets.size());
            attributes.set(ValueLayout.JAVA_INT, 52, flags);
            return LibC.bpf("attach " + program + " to " + path, LibC.BPF_LINK_CREATE, attributes);
        }
    }

    private static long[] longs(final List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private long program(final String name) {
        return libbpf.program(object, name);
    }
}
