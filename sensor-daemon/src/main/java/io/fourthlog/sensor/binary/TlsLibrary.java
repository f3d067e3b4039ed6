package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A library whose functions are probed by name. Those that move bytes take {@code (connection, buffer, size)} and return how many
 * they moved, or, with {@link #EX}, take a fourth argument that points to where they say it.
 *
 * @param name for people
 * @param functions names and what they do: the cookies of {@code sensor.bpf.c}
 * @param free the function that ends a connection
 */
public record TlsLibrary(String name, Map<String, Long> functions, String free) {
    private static final long WRITE = 0;
    private static final long READ = 1;
    /** The count is where the fourth argument points to. */
    static final long EX = 2;

    /** The fourth argument is in r8 where the probe is. */
    static final long COUNT_R8 = 4;

    /** It goes on with a handshake, and moves nothing. */
    private static final long HANDSHAKE = 8;

    /** OpenSSL 1.1 and 3, and what has its interface: LibreSSL, BoringSSL, AWS-LC; shared, or in a program with its symbols. */
    private static final TlsLibrary OPENSSL = new TlsLibrary(
            "OpenSSL",
            Map.of(
                    "SSL_write",
                    WRITE,
                    "SSL_read",
                    READ,
                    "SSL_write_ex",
                    WRITE | EX,
                    "SSL_read_ex",
                    READ | EX,
                    "SSL_write_ex2",
                    WRITE | EX | COUNT_R8, // with flags before the count
                    "SSL_do_handshake",
                    HANDSHAKE),
            "SSL_free");

    /** The same without names, found by {@link BoringSsl}. */
    private static final TlsLibrary BORINGSSL = new TlsLibrary("BoringSSL", OPENSSL.functions, OPENSSL.free);

    /** Found by {@link Rustls}, and probed below itself. */
    private static final TlsLibrary RUSTLS = new TlsLibrary("rustls", Map.of(), "");

    private static final TlsLibrary GNUTLS = new TlsLibrary(
            "GnuTLS",
            Map.of("gnutls_record_send", WRITE, "gnutls_record_recv", READ, "gnutls_handshake", HANDSHAKE),
            "gnutls_deinit");

    private static final TlsLibrary MBED_TLS = new TlsLibrary(
            "Mbed TLS",
            Map.of("mbedtls_ssl_write", WRITE, "mbedtls_ssl_read", READ, "mbedtls_ssl_handshake", HANDSHAKE),
            "mbedtls_ssl_free");

    private static final TlsLibrary WOLFSSL = new TlsLibrary(
            "wolfSSL",
            Map.of("wolfSSL_write", WRITE, "wolfSSL_read", READ, "wolfSSL_connect", HANDSHAKE),
            "wolfSSL_free");

    private static final TlsLibrary S2N = new TlsLibrary(
            "s2n-tls", Map.of("s2n_send", WRITE, "s2n_recv", READ, "s2n_negotiate", HANDSHAKE), "s2n_connection_free");

    private static final List<TlsLibrary> ALL = List.of(OPENSSL, GNUTLS, MBED_TLS, WOLFSSL, S2N);

    /** All names that are worth looking up in a file. */
    public static Set<String> symbols() {
        final Set<String> symbols = new HashSet<>();
        for (final TlsLibrary library : ALL) {
            symbols.addAll(library.functions.keySet());
            symbols.add(library.free);
        }
        return Set.copyOf(symbols);
    }

    /**
     * Where to put probes in a file.
     *
     * @param library which it is
     * @param offsets of the functions that move bytes, or begin to
     * @param cookies what each of them does
     * @param free offset of the function that ends a connection, -1 if it is not there
     */
    public record Probes(TlsLibrary library, List<Long> offsets, List<Long> cookies, long free) {
        /** The same functions, probed where it costs least; those of records have arguments that are only certain at their start. */
        public Probes placed(final ProbePlacement placement) throws IOException {
            if (library.sealsRecords()) {
                return this;
            }
            final List<ProbePlacement.Site> sites = placement.place(IntStream.range(0, offsets.size())
                    .mapToObj(i -> new ProbePlacement.Site(offsets.get(i), cookies.get(i)))
                    .toList());
            return new Probes(
                    library,
                    sites.stream().map(ProbePlacement.Site::offset).toList(),
                    sites.stream().map(ProbePlacement.Site::cookie).toList(),
                    free < 0 ? free : placement.place(free));
        }
    }

    /** The library that a file is, by the functions that it defines; empty if it is none. */
    public static Optional<Probes> in(final Map<String, Long> defined) {
        return ALL.stream()
                .filter(library -> library.hasBothDirections(defined))
                .findFirst()
                .map(library -> library.probes(defined));
    }

    /** BoringSSL's functions at these offsets of a file. */
    static Probes boringSsl(final long write, final long read, final long free) {
        return new Probes(BORINGSSL, List.of(write, read), List.of(WRITE, READ), free);
    }

    /** What does the work of OpenSSL's functions, at these offsets of a file; before the address of the count, it may take flags. */
    static Probes openSsl(final long write, final boolean flags, final long read, final long free) {
        return new Probes(OPENSSL, List.of(write, read), List.of(WRITE | EX | (flags ? COUNT_R8 : 0), READ | EX), free);
    }

    /** What seals and opens rustls' records, at these offsets of a file. */
    static Probes rustls(final List<Long> offsets, final List<Long> cookies) {
        return new Probes(RUSTLS, offsets, cookies, -1);
    }

    /** Whether its functions move records of a connection that they do not know. */
    public boolean sealsRecords() {
        return equals(RUSTLS);
    }

    private boolean hasBothDirections(final Map<String, Long> defined) {
        return List.of(WRITE, READ).stream()
                .allMatch(direction -> functions.entrySet().stream()
                        .anyMatch(function -> (function.getValue() & (READ | HANDSHAKE)) == direction
                                && defined.containsKey(function.getKey())));
    }

    private Probes probes(final Map<String, Long> defined) {
        final Map<String, Long> present = new HashMap<>(functions);
        present.keySet().retainAll(defined.keySet());
        if (present.containsKey("SSL_write_ex2")) {
            present.remove("SSL_write_ex"); // calls it, since OpenSSL 3.3, which made it (ssl/ssl_lib.c)
        }
        final List<String> names = present.keySet().stream().sorted().toList();
        return new Probes(
                this,
                names.stream().map(name -> defined.getOrDefault(name, -1L)).toList(),
                names.stream().map(name -> functions.getOrDefault(name, WRITE)).toList(),
                defined.getOrDefault(free, -1L));
    }

    /**
     * The libraries that are in a file.
     *
     * @param named the one that has its symbols; rustls may be beside it, and has none that tell
     */
    public static List<Probes> linkedIn(
            final ElfFile elf, final Disassembler disassembler, final Optional<Probes> named) throws IOException {
        final List<Probes> found = new ArrayList<>(named.stream().toList());
        if (named.isEmpty()) {
            OpenSsl.in(elf, disassembler).ifPresent(found::add);
            BoringSsl.in(elf, disassembler).ifPresent(found::add);
        }
        Rustls.in(elf, disassembler).ifPresent(found::add);
        return List.copyOf(found);
    }
}
