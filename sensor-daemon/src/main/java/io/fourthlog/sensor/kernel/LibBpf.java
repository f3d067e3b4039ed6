package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.foreign.CFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** The functions of libbpf.so.1 that loading takes ({@code <bpf/libbpf.h>}, {@code <bpf/btf.h>}, {@code <bpf/bpf.h>}). */
final class LibBpf {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** One that does nothing, and that nothing here uses. */
    static final String SMALL_FUNCTION = "libbpf_version_string";

    private static final int BTF_KIND_STRUCT = 4; // <linux/btf.h>
    private static final int BTF_KIND_ENUM = 6;
    private static final int BTF_TYPE_BYTES = 12; // struct btf_type
    private static final int BTF_TYPE_INFO = 4;
    private static final int BTF_INFO_VLEN = 0xffff;

    private final CFunction smallFunction;
    private final CFunction objectOpenMem;
    private final CFunction objectLoad;
    private final CFunction objectClose;
    private final CFunction objectFindProgram;
    private final CFunction objectFindMap;
    private final CFunction programSetAutoload;
    private final CFunction programSetAttachType;
    private final CFunction programFd;
    private final CFunction mapFd;
    private final CFunction mapUpdate;
    private final CFunction mapDelete;
    private final CFunction mapLookup;
    private final CFunction mapLookupAndDelete;
    private final CFunction mapNextKey;
    private final CFunction btfLoadVmlinux;
    private final CFunction btfFindByNameKind;
    private final CFunction btfTypeById;
    private final CFunction btfFree;

    private LibBpf(final SymbolLookup library) {
        smallFunction = CFunction.of(library, SMALL_FUNCTION);
        objectOpenMem = CFunction.of(library, "bpf_object__open_mem");
        objectLoad = CFunction.of(library, "bpf_object__load");
        objectClose = CFunction.of(library, "bpf_object__close");
        objectFindProgram = CFunction.of(library, "bpf_object__find_program_by_name");
        objectFindMap = CFunction.of(library, "bpf_object__find_map_by_name");
        programSetAutoload = CFunction.of(library, "bpf_program__set_autoload");
        programSetAttachType = CFunction.of(library, "bpf_program__set_expected_attach_type");
        programFd = CFunction.of(library, "bpf_program__fd");
        mapFd = CFunction.of(library, "bpf_map__fd");
        mapUpdate = CFunction.of(library, "bpf_map_update_elem");
        mapDelete = CFunction.of(library, "bpf_map_delete_elem");
        mapLookup = CFunction.of(library, "bpf_map_lookup_elem");
        mapLookupAndDelete = CFunction.of(library, "bpf_map_lookup_and_delete_elem");
        mapNextKey = CFunction.of(library, "bpf_map_get_next_key");
        btfLoadVmlinux = CFunction.of(library, "btf__load_vmlinux_btf");
        btfFindByNameKind = CFunction.of(library, "btf__find_by_name_kind");
        btfTypeById = CFunction.of(library, "btf__type_by_id");
        btfFree = CFunction.of(library, "btf__free");
    }

    /** @throws KernelUnavailableException if the library is not installed */
    static LibBpf load() throws KernelUnavailableException {
        try {
            return new LibBpf(SymbolLookup.libraryLookup("libbpf.so.1", Arena.global()));
        } catch (final IllegalArgumentException e) {
            throw new KernelUnavailableException("libbpf.so.1 is not installed: install the package libbpf1", e);
        }
    }

    void callSmallFunction() {
        try (Arena arena = Arena.ofConfined()) {
            smallFunction.call(CFunction.state(arena));
        }
    }

    /** What the running kernel's BTF describes. */
    KernelTypes kernelTypes() throws KernelUnavailableException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long btf = btfLoadVmlinux.call(state);
            if (btf == 0) {
                throw new KernelUnavailableException("this kernel describes no types ("
                        + LibC.text(CFunction.errno(state))
                        + "): it needs CONFIG_DEBUG_INFO_BTF, and /sys/kernel/btf/vmlinux must be readable");
            }
            return new KernelTypes(btf);
        }
    }

    /** The running kernel's types and functions; megabytes, until it is closed. */
    final class KernelTypes implements AutoCloseable {
        private final long btf;

        private KernelTypes(final long btf) {
            this.btf = btf;
        }

        boolean hasStruct(final String name) {
            try (Arena arena = Arena.ofConfined()) {
                return find(name, BTF_KIND_STRUCT, arena) > 0;
            }
        }

        /** How many constants it has; 0 if there is no such enumeration. */
        int constants(final String enumeration) {
            try (Arena arena = Arena.ofConfined()) {
                final int id = find(enumeration, BTF_KIND_ENUM, arena);
                if (id <= 0) {
                    return 0;
                }
                final long type = btfTypeById.call(CFunction.state(arena), btf, id);
                return MemorySegment.ofAddress(type).reinterpret(BTF_TYPE_BYTES).get(INT, BTF_TYPE_INFO)
                        & BTF_INFO_VLEN;
            }
        }

        private int find(final String name, final int kind, final Arena arena) {
            final long sought = arena.allocateFrom(name).address();
            return (int) btfFindByNameKind.call(CFunction.state(arena), btf, sought, kind);
        }

        @Override
        public void close() {
            try (Arena arena = Arena.ofConfined()) {
                btfFree.call(CFunction.state(arena), btf);
            }
        }
    }

    /** An opened object; the bytes must outlive it. */
    long open(final MemorySegment object) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long opened = objectOpenMem.call(state, object.address(), object.byteSize(), 0);
            if (opened == 0) {
                throw new LibC.Errno("bpf_object__open_mem", CFunction.errno(state));
            }
            return opened;
        }
    }

    void load(final long object) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            checked((int) objectLoad.call(CFunction.state(arena), object), "bpf_object__load");
        }
    }

    void close(final long object) {
        try (Arena arena = Arena.ofConfined()) {
            objectClose.call(CFunction.state(arena), object);
        }
    }

    long program(final long object, final String name) {
        return find(objectFindProgram, object, name);
    }

    long map(final long object, final String name) {
        return find(objectFindMap, object, name);
    }

    private static long find(final CFunction finder, final long object, final String name) {
        try (Arena arena = Arena.ofConfined()) {
            final long found = finder.call(
                    CFunction.state(arena), object, arena.allocateFrom(name).address());
            if (found == 0) {
                throw new IllegalStateException("the object has no " + name);
            }
            return found;
        }
    }

    void skip(final long program) {
        try (Arena arena = Arena.ofConfined()) {
            programSetAutoload.call(CFunction.state(arena), program, 0);
        }
    }

    void attachType(final long program, final int type) {
        try (Arena arena = Arena.ofConfined()) {
            programSetAttachType.call(CFunction.state(arena), program, type);
        }
    }

    int programFd(final long program) {
        return fd(programFd, program);
    }

    int mapFd(final long map) {
        return fd(mapFd, map);
    }

    private static int fd(final CFunction getter, final long of) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) getter.call(CFunction.state(arena), of);
        }
    }

    void update(final int map, final MemorySegment key, final MemorySegment value) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            checked(
                    (int) mapUpdate.call(state, map, key.address(), value.address(), 0 /* BPF_ANY */),
                    "bpf_map_update_elem");
        }
    }

    /** Takes a key out of a map; that it was not there is no error. */
    void delete(final int map, final MemorySegment key) {
        try (Arena arena = Arena.ofConfined()) {
            mapDelete.call(CFunction.state(arena), map, key.address());
        }
    }

    /** The number that a map has for a key; 0 if it has none. */
    long number(final int map, final int key) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment value = arena.allocate(LONG);
            final MemorySegment sought = arena.allocateFrom(INT, key);
            final int error = (int) mapLookup.call(CFunction.state(arena), map, sought.address(), value.address());
            return error == 0 ? value.get(LONG, 0) : 0;
        }
    }

    /** Copies what a map has for a key, if it has it, and takes it out with that where it is the last time. */
    void read(final int map, final MemorySegment key, final MemorySegment value, final boolean last) {
        try (Arena arena = Arena.ofConfined()) {
            final CFunction function = last ? mapLookupAndDelete : mapLookup;
            function.call(CFunction.state(arena), map, key.address(), value.address());
        }
    }

    /** The keys of a map, of the size of an int. */
    List<Integer> keys(final int map) {
        final List<Integer> keys = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final MemorySegment key = arena.allocate(INT);
            long previous = 0;
            while ((int) mapNextKey.call(state, map, previous, key.address()) == 0) {
                keys.add(key.get(INT, 0));
                previous = key.address();
            }
            return keys;
        }
    }

    private static void checked(final int error, final String what) throws LibC.Errno {
        if (error < 0) {
            throw new LibC.Errno(what, -error);
        }
    }
}
