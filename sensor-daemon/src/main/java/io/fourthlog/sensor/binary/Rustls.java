package io.fourthlog.sensor.binary;

import io.fourthlog.sensor.binary.Functions.Function;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a program that has rustls in it, stripped or not, seals and opens records: the AEAD functions of its cryptography, since
 * rustls' own are inlined and have no interface that lasts. Two are known:
 *
 * <p><b>ring</b>: {@code ring::aead::Algorithm} (src/aead/algorithm.rs) is a static of three function pointers and the length of a key.
 * That of AES-128-GCM and that of AES-256-GCM have the same {@code seal} and {@code open} and not the same {@code init}, which in a
 * program is so for no other two.
 *
 * <pre>
 *  0 init │ 8 seal │ 16 open │ 24 usize: 16 or 32 │ 32 u8: 0 AES-128-GCM, 1 AES-256-GCM, 2 ChaCha20-Poly1305
 * </pre>
 *
 * <p><b>AWS-LC</b>: {@code EVP_AEAD_CTX_*}, told by the reasons of their errors (crypto/fipsmodule/cipher/aead.c, {@code CIPHER_R_*}).
 */
final class Rustls {
    private static final String NAME = "rustls";
    private static final String AEAD = "/crypto/fipsmodule/cipher/aead.c";

    private static final long RING = 0; // cookies of aead.h
    private static final long WHOLE = 2;
    private static final long SCATTERED = 4;
    private static final long OPEN = 1;

    private static final int ALGORITHM = 40;
    private static final int MAX_DATA = 32 << 20;
    private static final int MAX_ALGORITHMS = 256; // there are three

    private static final long BAD_DECRYPT = 101; // CIPHER_R_…
    private static final long BUFFER_TOO_SMALL = 103;
    private static final long CTRL_NOT_IMPLEMENTED = 104;
    private static final long INVALID_OPERATION = 112;
    private static final long OUTPUT_ALIASES_INPUT = 115;
    private static final long TOO_LARGE = 117;

    private record Algorithm(long init, long seal, long open, long keyLength, int id) {}

    private final ElfFile elf;
    private final List<Long> offsets = new ArrayList<>();
    private final List<Long> cookies = new ArrayList<>();

    private Rustls(final ElfFile elf) {
        this.elf = elf;
    }

    /** Empty if the file has no rustls, or one whose cryptography is not known. */
    static Optional<TlsLibrary.Probes> in(final ElfFile elf, final Disassembler disassembler) throws IOException {
        try {
            if (!References.contains(elf, NAME)) {
                return Optional.empty();
            }
            final Rustls rustls = new Rustls(elf);
            final Optional<Functions> table = FunctionTable.in(elf);
            if (table.isPresent()) { // else a pointer cannot be told to be to a function
                rustls.ring(table.get());
            }
            rustls.awsLc(disassembler);
            return rustls.offsets.isEmpty()
                    ? Optional.empty()
                    : Optional.of(TlsLibrary.rustls(rustls.offsets, rustls.cookies));
        } catch (final IndexOutOfBoundsException e) {
            throw new IOException("a damaged program", e);
        }
    }

    private void probe(final long function, final long cookie) {
        final long offset = elf.offset(function);
        if (offset >= 0) {
            offsets.add(offset);
            cookies.add(cookie);
        }
    }

    private void ring(final Functions functions) throws IOException {
        final List<Algorithm> algorithms = algorithms(functions);
        final Set<Long> seal = new HashSet<>();
        final Set<Long> open = new HashSet<>();
        for (final Algorithm aes128 : algorithms) {
            for (final Algorithm aes256 : algorithms) {
                if (aes128.id() == 0
                        && aes256.id() == 1
                        && aes128.seal() == aes256.seal()
                        && aes128.open() == aes256.open()
                        && aes128.init() != aes256.init()) {
                    seal.add(aes128.seal());
                    open.add(aes128.open());
                }
            }
        }
        final List<Algorithm> chacha =
                algorithms.stream().filter(each -> each.id() == 2).toList();
        if (seal.size() == 1 && open.size() == 1 && chacha.size() <= 1) {
            chacha.forEach(each -> {
                seal.add(each.seal());
                open.add(each.open());
            });
            seal.forEach(each -> probe(each, RING));
            open.forEach(each -> probe(each, RING | OPEN));
        }
    }

    private List<Algorithm> algorithms(final Functions functions) throws IOException {
        final List<Algorithm> found = new ArrayList<>();
        for (final String section :
                List.of(".data.rel.ro", ".rodata")) { // the latter in a program that is not relocated
            final MemorySegment data = elf.relocated(section, MAX_DATA);
            for (long at = 0; at + ALGORITHM <= data.byteSize(); at += Long.BYTES) {
                final long keyLength = data.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 24);
                final int id = data.get(ValueLayout.JAVA_BYTE, at + 32);
                if ((keyLength == 16 && id == 0) || (keyLength == 32 && (id == 1 || id == 2))) {
                    final Algorithm algorithm = new Algorithm(
                            data.get(ValueLayout.JAVA_LONG_UNALIGNED, at),
                            data.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8),
                            data.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 16),
                            keyLength,
                            id);
                    if (functions.startsAt(algorithm.init())
                            && functions.startsAt(algorithm.seal())
                            && functions.startsAt(algorithm.open())
                            && algorithm.seal() != algorithm.open()) {
                        found.add(algorithm);
                        if (found.size() > MAX_ALGORITHMS) {
                            throw new IOException("what looks like an algorithm is everywhere");
                        }
                    }
                }
            }
        }
        return found;
    }

    private void awsLc(final Disassembler disassembler) throws IOException {
        final List<References.Text> texts = References.texts(elf, List.of(AEAD)).getFirst();
        if (texts.size() != 1) {
            return;
        }
        final Map<Long, List<Long>> references =
                References.fromOneFile(elf, List.of(texts.getFirst().begin()));
        final Optional<Functions> functions = Functions.of(elf, references.values());
        if (functions.isEmpty()) {
            return;
        }
        final Map<Long, List<Long>> byKind = new HashMap<>();
        for (final Function function :
                functions.get().containing(references.values().iterator().next())) {
            kind(FunctionCode.of(elf, disassembler, function).immediates())
                    .ifPresent(kind ->
                            byKind.computeIfAbsent(kind, _ -> new ArrayList<>()).add(function.start()));
        }
        final boolean certain = byKind.values().stream().allMatch(each -> each.size() == 1)
                && byKind.containsKey(SCATTERED)
                && byKind.containsKey(SCATTERED | OPEN);
        if (certain) {
            byKind.forEach((kind, starts) -> probe(starts.getFirst(), kind));
        }
    }

    /** Which of the functions it is by what it reports. */
    private static Optional<Long> kind(final Set<Long> reasons) {
        if (!reasons.contains(OUTPUT_ALIASES_INPUT)) {
            return Optional.empty();
        }
        if (reasons.contains(TOO_LARGE) && reasons.contains(BUFFER_TOO_SMALL)) {
            return Optional.of(WHOLE);
        }
        if (reasons.contains(BAD_DECRYPT) && reasons.contains(BUFFER_TOO_SMALL)) {
            return Optional.of(WHOLE | OPEN);
        }
        if (reasons.contains(INVALID_OPERATION)) {
            return Optional.of(SCATTERED);
        }
        return reasons.contains(CTRL_NOT_IMPLEMENTED) ? Optional.of(SCATTERED | OPEN) : Optional.empty();
    }
}
