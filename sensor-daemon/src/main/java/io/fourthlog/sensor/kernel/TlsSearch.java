package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.Disassembler;
import io.fourthlog.sensor.binary.ElfFile;
import io.fourthlog.sensor.binary.GoProgram;
import io.fourthlog.sensor.binary.ProbePlacement;
import io.fourthlog.sensor.binary.TlsLibrary;
import io.fourthlog.sensor.kernel.ProcessFiles.FileKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what of TLS is in a file, and where its probes go. */
final class TlsSearch {
    private static final Logger LOG = LoggerFactory.getLogger(TlsSearch.class);

    static final String GO = "Go's crypto/tls";
    private static final int MAX_REMEMBERED = 8192;

    /** What a file has: libraries, or Go's own, or nothing. */
    record Found(List<TlsLibrary.Probes> libraries, Optional<GoProgram> go) {
        boolean isEmpty() {
            return libraries.isEmpty() && go.isEmpty();
        }

        String names() {
            return libraries.isEmpty() && go.isPresent()
                    ? GO
                    : libraries.stream().map(each -> each.library().name()).collect(Collectors.joining(" and "));
        }
    }

    private final Optional<Disassembler> disassembler = Disassembler.load();

    /**
     * What was found by looking through code, which takes long: kept when the probes are taken off. By the file, and not by its build
     * id, which whoever makes a file chooses: probes in the wrong place would break another's program.
     */
    private final Map<FileKey, List<TlsLibrary.Probes>> analysed =
            Collections.synchronizedMap(BoundedMap.byAge(MAX_REMEMBERED));

    Found in(final ElfFile elf, final FileKey key) throws IOException {
        final Optional<TlsLibrary.Probes> named = TlsLibrary.in(elf.functions(TlsLibrary.symbols()));
        if (disassembler.isEmpty()) {
            return new Found(named.stream().toList(), Optional.empty());
        }
        final Disassembler code = disassembler.get();
        final Optional<GoProgram> go = GoProgram.in(elf, code);
        // A library, and a program that exports one (Node.js), has that one alone.
        final boolean alone = go.isPresent()
                || (named.isPresent() && !elf.exported(TlsLibrary.symbols()).isEmpty());
        final List<TlsLibrary.Probes> placed = new ArrayList<>();
        for (final TlsLibrary.Probes found : alone ? named.stream().toList() : linkedIn(elf, key, code, named)) {
            placed.add(found.placed(new ProbePlacement(elf, code)));
        }
        return new Found(placed, go);
    }

    private List<TlsLibrary.Probes> linkedIn(
            final ElfFile elf, final FileKey key, final Disassembler code, final Optional<TlsLibrary.Probes> named)
            throws IOException {
        final List<TlsLibrary.Probes> known = analysed.get(key);
        if (known != null) {
            return known;
        }
        analysed.put(key, named.stream().toList()); // if it cannot be read, it is not read again
        final List<TlsLibrary.Probes> found = TlsLibrary.linkedIn(elf, code, named);
        analysed.put(key, found);
        return found;
    }

    /** What the first search costs more than any other is spent before there is one. */
    void warmUp() {
        try (ElfFile elf = ElfFile.open(Path.of("/proc/self/exe"))) {
            TlsLibrary.in(elf.functions(TlsLibrary.symbols()));
            if (disassembler.isPresent()) {
                new ProbePlacement(elf, disassembler.get()).place(elf.entry());
            }
        } catch (final IOException e) {
            LOG.debug("this program is not looked at: {}", e.getMessage());
        }
    }

    /** Gives back what is needed for a search only. */
    void rest() {
        disassembler.ifPresent(Disassembler::rest);
    }
}
