package io.fourthlog.sensor.binary;

import io.fourthlog.sensor.binary.Functions.Function;
import io.fourthlog.sensor.binary.References.Text;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a program reads and writes through a BoringSSL that was linked into it and stripped, as Bun's is: functions are told by the
 * reasons of the errors that they report, which are pushed beside the name of their source file.
 *
 * <p>Sources: BoringSSL's ssl/ssl_lib.cc ({@code SSL_write}, {@code SSL_peek}, {@code SSL_read},
 * {@code ssl_read_impl}), ssl/internal.h ({@code SSL_PROTOCOL_METHOD}), include/openssl/ssl.h ({@code SSL_R_*}). Whatever is not found
 * exactly once is not probed at all. An older {@code SSL_write}, as Conscrypt's, reports that the connection is shut down, where a newer
 * one reports a length below zero.
 */
final class BoringSsl {
    private static final String LIBRARY = "/ssl/ssl_lib.cc";
    private static final String PACKETS = "/ssl/s3_pkt.cc";

    private static final long SHOULD_NOT_HAVE_BEEN_CALLED = 66; // ERR_R_…
    private static final long BAD_LENGTH = 111; // SSL_R_…
    private static final long PROTOCOL_IS_SHUTDOWN = 194;
    private static final long SSL_HANDSHAKE_FAILURE = 215;
    private static final long UNINITIALIZED = 226;

    private static final int SSL_FREE =
            2; // where SSL_PROTOCOL_METHOD has it, in pointers; the first is whether it is DTLS
    private static final int NEAR = 4096; // bytes between two functions that are neighbours in their source
    private static final int MAX_TABLES = 64 << 20;
    private static final int MAX_METHODS = 1024; // there are two: TLS and DTLS

    private final ElfFile elf;
    private final Disassembler disassembler;
    private final Functions functions;
    private final Map<Long, List<Long>> references;

    private BoringSsl(
            final ElfFile elf,
            final Disassembler disassembler,
            final Functions functions,
            final Map<Long, List<Long>> references) {
        this.elf = elf;
        this.disassembler = disassembler;
        this.functions = functions;
        this.references = references;
    }

    /** Empty if the file has no BoringSSL, or one whose functions cannot be told for certain. */
    static Optional<TlsLibrary.Probes> in(final ElfFile elf, final Disassembler disassembler) throws IOException {
        try {
            final List<List<Text>> texts = References.texts(elf, List.of(LIBRARY, PACKETS));
            if (texts.stream().anyMatch(each -> each.size() != 1)) {
                return Optional.empty();
            }
            final long library = texts.get(0).getFirst().begin();
            final long packets = texts.get(1).getFirst().begin();
            final Map<Long, List<Long>> references = References.to(elf, List.of(library, packets));
            final Optional<Functions> functions = Functions.of(elf, references.values());
            return functions.isEmpty()
                    ? Optional.empty()
                    : new BoringSsl(elf, disassembler, functions.get(), references).probes(library, packets);
        } catch (final IndexOutOfBoundsException e) {
            throw new IOException("a damaged program", e);
        }
    }

    private Optional<TlsLibrary.Probes> probes(final long library, final long packets) throws IOException {
        final List<FunctionCode> code =
                FunctionCode.of(elf, disassembler, functions.containing(references.getOrDefault(library, List.of())));
        final Optional<FunctionCode> write = write(code);
        final Optional<Long> read = read(code);
        if (write.isEmpty() || read.isEmpty()) {
            return Optional.empty();
        }
        final Optional<Long> free = free(write.get(), packets);
        return free.map(end -> TlsLibrary.boringSsl(
                elf.offset(write.get().function().start()), elf.offset(read.get()), elf.offset(end)));
    }

    private static Optional<FunctionCode> write(final List<FunctionCode> code) {
        final List<FunctionCode> newer = code.stream()
                .filter(each -> each.pushes(UNINITIALIZED, SSL_HANDSHAKE_FAILURE, BAD_LENGTH))
                .toList();
        return Functions.only(newer.isEmpty() ? olderWrite(code) : newer);
    }

    /** Reading may report the same, and is called by others of the source file. */
    private static List<FunctionCode> olderWrite(final List<FunctionCode> code) {
        return code.stream()
                .filter(each -> each.pushes(UNINITIALIZED, SSL_HANDSHAKE_FAILURE, PROTOCOL_IS_SHUTDOWN))
                .filter(each -> code.stream()
                        .noneMatch(
                                other -> other.calls().contains(each.function().start())))
                .toList();
    }

    /**
     * {@code SSL_read} takes what {@code SSL_peek} shows, and each calls {@code ssl_read_impl} unless the compiler put the one into
     * the other: the one that stores to the connection is the one that takes.
     */
    private Optional<Long> read(final List<FunctionCode> code) throws IOException {
        final Set<Long> read = new HashSet<>();
        for (final FunctionCode each : code) {
            if (each.pushes(UNINITIALIZED, SSL_HANDSHAKE_FAILURE) && !each.pushes(BAD_LENGTH)) {
                read.add(each.function().start());
            }
        }
        final List<FunctionCode> show = code.stream()
                .filter(each -> each.pushes(SHOULD_NOT_HAVE_BEEN_CALLED)
                        && !each.pushes(UNINITIALIZED)
                        && each.calls().stream().anyMatch(read::contains))
                .toList();
        final List<FunctionCode> take =
                show.stream().filter(FunctionCode::stores).toList();
        if (!take.isEmpty() || show.size() != 1) {
            return Functions.only(take).map(each -> each.function().start());
        }
        return Functions.only(callersNear(show.getFirst().function()))
                .map(each -> each.function().start());
    }

    private List<FunctionCode> callersNear(final Function called) throws IOException {
        final List<FunctionCode> callers = new ArrayList<>();
        long at = called.start() - NEAR;
        while (at < called.end() + NEAR) {
            final Optional<Function> function = functions.containing(at);
            if (function.isPresent()) {
                final FunctionCode code = FunctionCode.of(elf, disassembler, function.get());
                if (code.calls().contains(called.start()) && code.stores()) {
                    callers.add(code);
                }
                at = function.get().end();
            } else {
                at++;
            }
        }
        return callers;
    }

    /** What ends a connection: the method table's {@code ssl_free}, in the table through which {@code SSL_write} writes. */
    private Optional<Long> free(final FunctionCode write, final long packets) throws IOException {
        final Optional<Long> writeAt = Functions.only(write.virtualCalls().stream()
                .filter(displacement -> displacement % Long.BYTES == 0 && displacement > SSL_FREE * Long.BYTES)
                .distinct()
                .toList());
        if (writeAt.isEmpty()) {
            return Optional.empty();
        }
        final List<Long> reports = references.getOrDefault(packets, List.of());
        final long lowest = reports.stream().mapToLong(Long::longValue).min().orElse(0) - NEAR;
        final long highest = reports.stream().mapToLong(Long::longValue).max().orElse(0);
        final List<Long> found = new ArrayList<>();
        for (final String section : List.of(".data.rel.ro", ".data.rel.ro.local", ".rodata", ".data")) {
            final MemorySegment pointers = elf.relocated(section, MAX_TABLES);
            for (long at = writeAt.get(); at + 2 * Long.BYTES <= pointers.byteSize(); at += Long.BYTES) {
                final long pointer = pointers.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
                if (pointer >= lowest
                        && pointer < highest
                        && reports(reports, pointer)
                        && isMethod(pointers.asSlice(at - writeAt.get(), writeAt.get() + 2 * Long.BYTES))) {
                    if (found.size() >= MAX_METHODS) {
                        return Optional.empty();
                    }
                    found.add(
                            pointers.get(ValueLayout.JAVA_LONG_UNALIGNED, at - writeAt.get() + SSL_FREE * Long.BYTES));
                }
            }
        }
        return Functions.only(found.stream().distinct().toList());
    }

    /** Whether a function reports an error of the packets' source file. */
    private boolean reports(final List<Long> references, final long function) throws IOException {
        for (final long reference : references) {
            if (reference > function && reference - function < NEAR) {
                final Optional<Function> its = functions.containing(reference);
                if (its.isEmpty() || its.get().start() <= function) {
                    return functions.startsAt(function);
                }
            }
        }
        return false;
    }

    private boolean isMethod(final MemorySegment table) throws IOException {
        if (table.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) != 0) {
            return false;
        }
        for (long at = Long.BYTES; at + Long.BYTES <= table.byteSize(); at += Long.BYTES) {
            if (!functions.mayStartAt(table.get(ValueLayout.JAVA_LONG_UNALIGNED, at))) {
                return false;
            }
        }
        return true;
    }
}
