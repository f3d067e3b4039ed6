package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A 64-bit little-endian ELF file of a tracked process: where its functions are, and which build it is. The file is untrusted; whatever
 * does not fit together, or is cut off while it is read, ends in an {@link IOException}, or an {@link UncheckedIOException} where bytes
 * are looked at one by one.
 *
 * <p>Source: System V ABI, chapters 4 and 5; .note.gnu.build-id of binutils.
 */
public final class ElfFile implements AutoCloseable {
    private static final int MAGIC = 0x464c457f; // "\177ELF"
    private static final int CLASS64_LITTLE = 0x0102;
    private static final int SECTION_HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int SYMBOL = 24;
    private static final int RELA = 24;
    private static final int R_X86_64_JUMP_SLOT = 7;
    private static final long R_X86_64_RELATIVE = 8;
    private static final int WINDOW = 1 << 18; // bytes that are looked through at once
    private static final int MAX_COPIED = 16 << 20;
    private static final int MAX_HEADERS = 65_536;
    private static final int MAX_FUNCTION = 1 << 20;
    private static final long MAX_FILE = 4L << 30; // libraries for GPUs have more than two
    private static final long MAX_CPU = 4_000_000_000L; // ns to look through a file; the largest programs take 0.6 s
    private static final int STEPS = 256; // between two looks at how long it took
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int STUB = 16; // bytes of .plt and .plt.sec
    private static final short JMP_THROUGH = 0x25ff; // jmp [rip + displacement]
    private static final int PT_LOAD = 1;
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_RELA = 4;
    private static final int SHT_NOTE = 7;
    private static final int SHT_NOBITS = 8;
    private static final int SHT_GNU_HASH = 0x6ffffff6;
    private static final int STT_FUNC = 2;
    private static final int NT_GNU_BUILD_ID = 3;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

    private record Section(int name, int type, long address, long offset, long size, int link) {}

    private record Segment(long offset, long address, long size) {}

    private final ReadFile file;
    private final List<Section> sections = new ArrayList<>();
    private final List<Segment> loaded = new ArrayList<>();
    private final Section names;
    private final long until; // CPU time of the thread that opened it, which is the one that reads it
    private int steps;

    private ElfFile(final Path path, final long cpu) throws IOException {
        this.until = THREADS.getCurrentThreadCpuTime() + cpu;
        this.file = new ReadFile(path, SECTION_HEADER, MAX_FILE);
        try {
            names = readHeaders();
        } catch (final IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Returns the section with the names of sections. */
    private Section readHeaders() throws IOException {
        if (u32(0) != MAGIC || u16(4) != CLASS64_LITTLE) {
            throw new IOException("not a 64-bit little-endian ELF file");
        }
        final long programHeaders = u64(32);
        for (int i = 0; i < u16(56); i++) {
            final long at = programHeaders + (long) i * PROGRAM_HEADER;
            if (u32(at) == PT_LOAD) {
                loaded.add(new Segment(u64(at + 8), u64(at + 16), u64(at + 32)));
            }
        }
        final long sectionHeaders = u64(40);
        for (int i = 0; sectionHeaders != 0 && i < Math.min(u16(60), MAX_HEADERS); i++) {
            final long at = sectionHeaders + (long) i * SECTION_HEADER;
            sections.add(new Section(
                    (int) u32(at), (int) u32(at + 4), u64(at + 16), u64(at + 24), u64(at + 32), (int) u32(at + 40)));
        }
        long left = 2 * file.size(); // nobody can have more looked through than there is, by sections that overlap
        for (final Section section : sections) {
            final long size = section.type() == SHT_NOBITS ? 0 : section.size();
            if (size < 0 || size > left) {
                throw new IOException("a damaged section table");
            }
            left -= size;
        }
        final int namesAt = u16(62);
        return namesAt < sections.size() ? sections.get(namesAt) : new Section(0, 0, 0, 0, 0, 0);
    }

    /** To be called in every loop over what the file says, as whoever made the file chooses how much that is. */
    private void step() throws IOException {
        if (++steps % STEPS == 0 && THREADS.getCurrentThreadCpuTime() > until) {
            throw new IOException("takes too long to look through");
        }
    }

    /**
     * Opens a program or a library.
     *
     * @throws IOException if it cannot be read, or is no ELF file of this machine's kind
     */
    public static ElfFile open(final Path path) throws IOException {
        return open(path, MAX_CPU);
    }

    /** The same with so many nanoseconds of CPU time to look through it. */
    static ElfFile open(final Path path, final long cpu) throws IOException {
        try {
            return new ElfFile(path, cpu);
        } catch (final IndexOutOfBoundsException | UncheckedIOException e) {
            throw new IOException("a damaged ELF file", e);
        }
    }

    /**
     * Functions that the file defines, of these names, with their offset in the file. What it exports is looked up in its
     * hash table, at once; only what it does not export is looked for among all its symbols.
     */
    public Map<String, Long> functions(final Set<String> wanted) throws IOException {
        final Map<String, Long> found = exported(wanted);
        try {
            for (final Section section : sections) {
                if (found.isEmpty() && section.type() == SHT_SYMTAB && has(section.link())) {
                    all(section, sections.get(section.link()), wanted, found);
                }
            }
        } catch (final IndexOutOfBoundsException | UncheckedIOException e) {
            throw new IOException("a damaged symbol table", e);
        }
        return found;
    }

    /** Those of them that others can call. */
    public Map<String, Long> exported(final Set<String> wanted) throws IOException {
        final Map<String, Long> found = new HashMap<>();
        try {
            for (final Section section : sections) {
                if (section.type() == SHT_GNU_HASH
                        && has(section.link())
                        && has(sections.get(section.link()).link())) {
                    exported(section, sections.get(section.link()), wanted, found);
                }
            }
        } catch (final IndexOutOfBoundsException | UncheckedIOException e) {
            throw new IOException("a damaged symbol table", e);
        }
        return found;
    }

    private boolean has(final int section) {
        return section >= 0 && section < sections.size();
    }

    /**
     * Looks names up in .gnu.hash:
     *
     * <pre>
     * u32 buckets │ u32 first symbol │ u32 bloom words │ u32 shift │ u64 bloom[…] │ u32 bucket[…] │ u32 hash[…], bit 0: last of its bucket
     * </pre>
     */
    private void exported(
            final Section hashes, final Section symbols, final Set<String> wanted, final Map<String, Long> found)
            throws IOException {
        final Section strings = sections.get(symbols.link());
        final long buckets = u32(hashes.offset());
        final long first = u32(hashes.offset() + 4);
        final long bucketsAt = hashes.offset() + 16 + u32(hashes.offset() + 8) * Long.BYTES;
        final long chainAt = bucketsAt + buckets * Integer.BYTES;
        final long symbolCount = symbols.size() / SYMBOL;
        for (final String name : wanted) {
            final int hash = gnuHash(name);
            long symbol = buckets == 0 ? 0 : u32(bucketsAt + Integer.toUnsignedLong(hash) % buckets * Integer.BYTES);
            while (symbol >= first && symbol > 0 && symbol < symbolCount) {
                step();
                final int candidate = (int) u32(chainAt + (symbol - first) * Integer.BYTES);
                final long at = symbols.offset() + symbol * SYMBOL;
                if ((candidate | 1) == (hash | 1) && isAt(strings.offset() + u32(at), name)) {
                    define(at, name, found);
                }
                if ((candidate & 1) != 0) {
                    break;
                }
                symbol++;
            }
        }
    }

    private static int gnuHash(final String name) {
        int hash = 5381;
        for (int i = 0; i < name.length(); i++) {
            hash = hash * 33 + name.charAt(i);
        }
        return hash;
    }

    private void all(
            final Section symbols, final Section strings, final Set<String> wanted, final Map<String, Long> found)
            throws IOException {
        final Map<Long, List<String>> byStart = new HashMap<>(); // most names fail on their first eight bytes
        wanted.forEach(name ->
                byStart.computeIfAbsent(start(name), _ -> new ArrayList<>()).add(name));
        for (long at = symbols.offset(); at + SYMBOL <= symbols.offset() + symbols.size(); at += SYMBOL) {
            step();
            final long name = strings.offset() + u32(at);
            if (name + Long.BYTES <= file.size()) {
                for (final String candidate : byStart.getOrDefault(u64(name), List.of())) {
                    if (isAt(name, candidate)) {
                        define(at, candidate, found);
                    }
                }
            }
        }
    }

    /**
     * The stub through which the file itself calls a function that it exports (.plt, or .plt.sec with indirect branch tracking).
     *
     * <pre>
     * Elf64_Rela: u64 slot │ u32 type │ u32 symbol │ i64 addend          stub: [endbr64] [bnd] jmp [slot] …
     * </pre>
     *
     * @param function its offset in the file
     * @return the stub's; -1 if there is none
     */
    long stub(final long function) throws IOException {
        try {
            for (final Section relocations : sections) {
                if (relocations.type() == SHT_RELA && has(relocations.link())) {
                    final long symbols = sections.get(relocations.link()).offset();
                    for (long at = relocations.offset();
                            at + RELA <= relocations.offset() + relocations.size();
                            at += RELA) {
                        step();
                        if (u32(at + 8) == R_X86_64_JUMP_SLOT
                                && offset(u64(symbols + u32(at + 12) * SYMBOL + 8)) == function) {
                            return stubThrough(u64(at));
                        }
                    }
                }
            }
            return -1;
        } catch (final IndexOutOfBoundsException | UncheckedIOException e) {
            throw new IOException("damaged relocations", e);
        }
    }

    private long stubThrough(final long slot) throws IOException {
        for (final String name : List.of(".plt.sec", ".plt")) {
            final MemorySegment stubs = section(name).orElse(MemorySegment.NULL);
            final long address = sectionAddress(name);
            for (long at = 0; at + Short.BYTES + Integer.BYTES <= stubs.byteSize(); at++) {
                step();
                final long end = at + Short.BYTES + Integer.BYTES;
                if (stubs.get(U16, at) == JMP_THROUGH && address + end + stubs.get(U32, at + Short.BYTES) == slot) {
                    return offset(address + at / STUB * STUB);
                }
            }
        }
        return -1;
    }

    private void define(final long symbol, final String name, final Map<String, Long> found) {
        final boolean function = (u8(symbol + 4) & 0xf) == STT_FUNC;
        final boolean defined = u16(symbol + 6) != 0;
        final long offset = function && defined ? offset(u64(symbol + 8)) : -1;
        if (offset >= 0) {
            found.put(name, offset);
        }
    }

    /** The first eight bytes of a name and its terminator, as a little-endian number. */
    private static long start(final String name) {
        final byte[] bytes = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        if (bytes.length < Long.BYTES) {
            throw new IllegalArgumentException("a name of at least seven characters: " + name);
        }
        return MemorySegment.ofArray(bytes).get(U64, 0);
    }

    private boolean isAt(final long at, final String name) {
        if (at < 0 || at + name.length() >= file.size()) {
            return false;
        }
        final MemorySegment bytes = file.at(at, name.length() + 1L);
        for (int i = 0; i < name.length(); i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, i) != name.charAt(i)) {
                return false;
            }
        }
        return bytes.get(ValueLayout.JAVA_BYTE, name.length()) == 0;
    }

    /** Where an address is in the file; -1 if it is not. */
    long offset(final long address) {
        for (final Segment segment : loaded) {
            if (address >= segment.address() && address - segment.address() < segment.size()) {
                return address - segment.address() + segment.offset();
            }
        }
        return -1;
    }

    /** Where in the file the program begins; -1 if nowhere. */
    public long entry() {
        return offset(u64(24));
    }

    /** The build id in hexadecimal, empty if the file has none. */
    public String buildId() throws IOException {
        try {
            for (final Section section : sections) {
                if (section.type() == SHT_NOTE && named(section, ".note.gnu.build-id")) {
                    final long at = section.offset();
                    final long name = u32(at) + 3 & ~3L;
                    if (u32(at + 8) == NT_GNU_BUILD_ID) {
                        return HexFormat.of()
                                .formatHex(file.at(at + 12 + name, Math.min(64, u32(at + 4)))
                                        .toArray(ValueLayout.JAVA_BYTE));
                    }
                }
            }
            return "";
        } catch (final IndexOutOfBoundsException | UncheckedIOException e) {
            throw new IOException("a damaged build id", e);
        }
    }

    /** The bytes of the section with this name. */
    Optional<MemorySegment> section(final String name) {
        return find(name).map(section -> file.at(section.offset(), section.size()));
    }

    /** How long the section with this name is, 0 if there is none. */
    long sectionSize(final String name) {
        return find(name).map(Section::size).orElse(0L);
    }

    /** Where the section with this name is loaded, 0 if there is none. */
    long sectionAddress(final String name) {
        return find(name).map(Section::address).orElse(0L);
    }

    private Optional<Section> find(final String name) {
        return sections.stream().filter(section -> named(section, name)).findFirst();
    }

    /** The bytes that are loaded at an address. */
    MemorySegment at(final long address, final long size) throws IOException {
        step();
        final long offset = offset(address);
        if (offset < 0 || size > file.size() - offset) {
            throw new IOException("nothing at " + Long.toHexString(address));
        }
        return file.at(offset, size);
    }

    /**
     * The bytes of a section as the program finds them when it is loaded at its own addresses: pointers that the file has in its
     * relocations put in. Empty if there is no such section, or it is larger than {@code most}.
     */
    MemorySegment relocated(final String name, final long most) throws IOException {
        if (sectionSize(name) > most) {
            return MemorySegment.NULL;
        }
        final MemorySegment mapped = section(name).orElse(MemorySegment.NULL);
        final long from = sectionAddress(name);
        MemorySegment segment = mapped;
        boolean copied = false;
        final MemorySegment relocations = section(".rela.dyn").orElse(MemorySegment.NULL);
        for (long at = 0; at + RELA <= relocations.byteSize(); at += RELA) {
            step();
            final long in = relocations.get(U64, at) - from;
            if (in >= 0 && in + Long.BYTES <= mapped.byteSize() && relocations.get(U64, at + 8) == R_X86_64_RELATIVE) {
                if (!copied) {
                    if (mapped.byteSize() > MAX_COPIED) {
                        throw new IOException(name + " is too large to be relocated");
                    }
                    segment = MemorySegment.ofArray(mapped.toArray(ValueLayout.JAVA_BYTE));
                    copied = true;
                }
                segment.set(U64, in, relocations.get(U64, at + 16));
            }
        }
        return segment;
    }

    /** The bytes between two addresses. */
    byte[] bytes(final long from, final long to) throws IOException {
        step();
        final long offset = offset(from);
        if (offset < 0 || to < from || to - from > MAX_FUNCTION) {
            throw new IOException("no function at " + Long.toHexString(from));
        }
        return file.at(offset, to - from).toArray(ValueLayout.JAVA_BYTE);
    }

    /** What the file has from an offset on that is loaded: so many bytes, or as many as there are. */
    byte[] code(final long offset, final int most) {
        for (final Segment segment : loaded) {
            if (offset >= segment.offset() && offset - segment.offset() < segment.size()) {
                final long end = Math.min(file.size(), segment.offset() + segment.size());
                return end <= offset
                        ? new byte[0] // it says that it goes on behind the file's end
                        : file.at(offset, Math.min(most, end - offset)).toArray(ValueLayout.JAVA_BYTE);
            }
        }
        return new byte[0];
    }

    private boolean named(final Section section, final String name) {
        return names.size() > 0 && isAt(names.offset() + (section.name() & 0xffff_ffffL), name);
    }

    /** Which of some texts stand anywhere in the file. */
    public List<String> texts(final Set<String> wanted) throws IOException {
        final List<String> found = new ArrayList<>();
        final boolean[] starts = new boolean[256];
        wanted.forEach(text -> starts[text.charAt(0)] = true);
        final int overlap = wanted.stream().mapToInt(String::length).max().orElse(0);
        final byte[] window = new byte[WINDOW + overlap];
        for (long begin = 0; begin < file.size() && found.size() < wanted.size(); begin += WINDOW) {
            final int length = (int) Math.min(file.size() - begin, window.length);
            step();
            file.copy(begin, window, length);
            for (int at = 0; at < length; at++) {
                if (starts[window[at] & 0xff]) {
                    for (final String text : wanted) {
                        if (!found.contains(text) && begins(window, at, length, text)) {
                            found.add(text);
                        }
                    }
                }
            }
        }
        return found;
    }

    private static boolean begins(final byte[] bytes, final int at, final int end, final String text) {
        if (at + text.length() > end) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Copies bytes of the section with this name, without keeping them: all of a large one would count as this process's memory. */
    void copy(final String section, final long offset, final byte[] to, final int length) throws IOException {
        step();
        final Optional<Section> its = find(section);
        if (its.isPresent()) {
            file.copy(its.get().offset() + offset, to, length);
        }
    }

    private byte u8(final long at) {
        file.have(at, Byte.BYTES);
        return file.memory().get(ValueLayout.JAVA_BYTE, at);
    }

    private int u16(final long at) {
        file.have(at, Short.BYTES);
        return file.memory().get(U16, at) & 0xffff;
    }

    private long u32(final long at) {
        file.have(at, Integer.BYTES);
        return file.memory().get(U32, at) & 0xffff_ffffL;
    }

    private long u64(final long at) {
        file.have(at, Long.BYTES);
        return file.memory().get(U64, at);
    }

    @Override
    public void close() {
        file.close();
    }
}
