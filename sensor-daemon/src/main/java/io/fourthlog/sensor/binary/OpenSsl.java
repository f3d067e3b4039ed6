package io.fourthlog.sensor.binary;

import io.fourthlog.sensor.binary.References.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a program reads and writes through an OpenSSL (1.1.1, 3 and newer) that was linked into it and stripped, as Codex has one beside its
 * rustls: {@code ssl_read_internal} and {@code ssl_write_internal}, in which all functions that read and write do their work, and
 * {@code SSL_free}.
 *
 * <p>Sources: ssl/ssl_lib.c; include/openssl/err.h ({@code ERR_raise} of OpenSSL 3 gives the name of the function that reports,
 * {@code ERR_put_error} of 1.1.1 its number, {@code SSL_F_*}); include/openssl/sslerr.h ({@code SSL_R_*}). Whatever is not found exactly once is
 * not probed at all.
 */
final class OpenSsl {
    private static final String LIBRARY = "ssl/ssl_lib.c";
    private static final String READ = "ssl_read_internal";
    private static final String WRITE = "ssl_write_internal";
    private static final long READ_NUMBER = 523; // SSL_F_…
    private static final long WRITE_NUMBER = 524;

    private static final long UNINITIALIZED = 276; // SSL_R_…
    private static final long UNSUPPORTED_WRITE_FLAG =
            412; // since 3.3, which puts flags before the address of the count

    private OpenSsl() {}

    /** Empty if the file has no OpenSSL, or one whose functions cannot be told for certain. */
    static Optional<TlsLibrary.Probes> in(final ElfFile elf, final Disassembler disassembler) throws IOException {
        try {
            final List<List<Text>> texts = References.texts(elf, List.of(LIBRARY, READ, WRITE));
            if (texts.getFirst().size() != 1) {
                return Optional.empty();
            }
            final long library = texts.getFirst().getFirst().begin();
            final List<Long> read = texts.get(1).stream().map(Text::ending).toList();
            final List<Long> write = texts.get(2).stream().map(Text::ending).toList();
            final List<Long> targets = new ArrayList<>(List.of(library));
            targets.addAll(read);
            targets.addAll(write);
            final Map<Long, List<Long>> references = References.fromOneFile(elf, targets);
            final Optional<Functions> functions = Functions.of(elf, references.values());
            if (functions.isEmpty()) {
                return Optional.empty();
            }
            final List<FunctionCode> code = referring(elf, disassembler, functions.get(), references, List.of(library));
            final Optional<FunctionCode> reads =
                    internal(referring(elf, disassembler, functions.get(), references, read), code, READ_NUMBER);
            final Optional<FunctionCode> writes =
                    internal(referring(elf, disassembler, functions.get(), references, write), code, WRITE_NUMBER);
            final Optional<FunctionCode> free = free(code);
            return reads.isEmpty() || writes.isEmpty() || free.isEmpty()
                    ? Optional.empty()
                    : Optional.of(TlsLibrary.openSsl(
                            offset(elf, writes.get()),
                            writes.get().pushes(UNSUPPORTED_WRITE_FLAG),
                            offset(elf, reads.get()),
                            offset(elf, free.get())));
        } catch (final IndexOutOfBoundsException e) {
            throw new IOException("a damaged program", e);
        }
    }

    private static long offset(final ElfFile elf, final FunctionCode code) {
        return elf.offset(code.function().start());
    }

    /** The functions that refer to texts. */
    private static List<FunctionCode> referring(
            final ElfFile elf,
            final Disassembler disassembler,
            final Functions functions,
            final Map<Long, List<Long>> references,
            final List<Long> texts)
            throws IOException {
        final List<Long> places = texts.stream()
                .flatMap(text -> references.getOrDefault(text, List.of()).stream())
                .toList();
        return FunctionCode.of(elf, disassembler, functions.containing(places));
    }

    /** The function that reports that nothing was set up, under its name, or by its number among those of the source file. */
    private static Optional<FunctionCode> internal(
            final List<FunctionCode> named, final List<FunctionCode> code, final long number) {
        return named.isEmpty()
                ? Functions.only(code.stream()
                        .filter(each -> each.pushes(number, UNINITIALIZED))
                        .toList())
                : Functions.only(named.stream()
                        .filter(each -> each.pushes(UNINITIALIZED))
                        .toList());
    }

    /**
     * {@code SSL_free} and {@code SSL_CTX_free} are those in which a counter of references goes down before anything else, and the one
     * calls the other.
     */
    private static Optional<FunctionCode> free(final List<FunctionCode> code) {
        final List<FunctionCode> frees =
                code.stream().filter(FunctionCode::countsFirst).toList();
        return Functions.only(frees.stream()
                .filter(each -> frees.stream()
                        .map(other -> other.function().start())
                        .anyMatch(other ->
                                other != each.function().start() && each.calls().contains(other)))
                .toList());
    }
}
