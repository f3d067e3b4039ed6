package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** The functions of libbpf.so.1 that loading takes ({@code <bpf/libbpf.h>}, {@code <bpf/btf.h>}, {@code <bpf/bpf.h>}). */
final class LibBpf {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout POINTER = ValueLayout.ADDRESS;

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup library;

    private final MethodHandle objectOpenMem;
    private final MethodHandle objectLoad;
    private final MethodHandle objectClose;
    private final MethodHandle objectFindProgram;
    private final MethodHandle objectFindMap;
    private final MethodHandle programSetAutoload;
    private final MethodHandle programSetAttachType;
    private final MethodHandle programFd;
    private final MethodHandle mapFd;
    private final MethodHandle mapUpdate;
    private final MethodHandle mapDelete;
    private final MethodHandle mapLookup;
    private final MethodHandle mapNextKey;
    private final MethodHandle btfLoadVmlinux;
    private final MethodHandle btfFindByNameKind;
    private final MethodHandle btfFree;

    private LibBpf(final SymbolLookup library) {
        this.library = library;
        objectOpenMem = handle("bpf_object__open_mem", FunctionDescriptor.of(POINTER, POINTER, LONG, POINTER));
        objectLoad = handle("bpf_object__load", FunctionDescriptor.of(INT, POINTER));
        objectClose = handle("bpf_object__close", FunctionDescriptor.ofVoid(POINTER));
        objectFindProgram =
                handle("bpf_object__find_program_by_name", FunctionDescriptor.of(POINTER, POINTER, POINTER));
        objectFindMap = handle("bpf_object__find_map_by_name", FunctionDescriptor.of(POINTER, POINTER, POINTER));
        programSetAutoload =
                handle("bpf_program__set_autoload", FunctionDescriptor.of(INT, POINTER, ValueLayout.JAVA_BOOLEAN));
        programSetAttachType =
                handle("bpf_program__set_expected_attach_type", FunctionDescriptor.of(INT, POINTER, INT));
        programFd = handle("bpf_program__fd", FunctionDescriptor.of(INT, POINTER));
        mapFd = handle("bpf_map__fd", FunctionDescriptor.of(INT, POINTER));
        mapUpdate = handle("bpf_map_update_elem", FunctionDescriptor.of(INT, INT, POINTER, POINTER, LONG));
        mapDelete = handle("bpf_map_delete_elem", FunctionDescriptor.of(INT, INT, POINTER));
        mapLookup = handle("bpf_map_lookup_elem", FunctionDescriptor.of(INT, INT, POINTER, POINTER));
        mapNextKey = handle("bpf_map_get_next_key", FunctionDescriptor.of(INT, INT, POINTER, POINTER));
        btfLoadVmlinux = handle("btf__load_vmlinux_btf", FunctionDescriptor.of(POINTER));
        btfFindByNameKind = handle("btf__find_by_name_kind", FunctionDescriptor.of(INT, POINTER, POINTER, INT));
        btfFree = handle("btf__free", FunctionDescriptor.ofVoid(POINTER));
    }

    private MethodHandle handle(final String name, final FunctionDescriptor descriptor) {
        return linker.downcallHandle(library.findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
    }

    /** @throws KernelUnavailableException if the library is not installed */
    static LibBpf load() throws KernelUnavailableException {
        try {
            return new LibBpf(SymbolLookup.libraryLookup("libbpf.so.1", Arena.global()));
        } catch (final IllegalArgumentException e) {
            throw new KernelUnavailableException("libbpf.so.1 is not installed: install the package libbpf1", e);
        }
    }

    /** Whether the running kernel's BTF has a type of this name. */
    boolean kernelHas(final String name, final int kind) throws KernelUnavailableException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(LibC.stateLayout());
            final MemorySegment btf = (MemorySegment) btfLoadVmlinux.invokeExact(state);
            if (btf.equals(MemorySegment.NULL)) {
                throw new KernelUnavailableException("this kernel describes no types ("
                        + LibC.text(LibC.errno(state))
                        + "): it needs CONFIG_DEBUG_INFO_BTF, and /sys/kernel/btf/vmlinux must be readable");
            }
            final int id = (int) btfFindByNameKind.invokeExact(state, btf, arena.allocateFrom(name), kind);
            btfFree.invokeExact(state, btf);
            return id > 0;
        } catch (final KernelUnavailableException e) {
            throw e;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    /** An opened object; the bytes must outlive it. */
    MemorySegment open(final MemorySegment object) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(LibC.stateLayout());
            final MemorySegment opened =
                    (MemorySegment) objectOpenMem.invokeExact(state, object, object.byteSize(), MemorySegment.NULL);
            if (opened.equals(MemorySegment.NULL)) {
                throw new LibC.Errno("bpf_object__open_mem", LibC.errno(state));
            }
            return opened;
        } catch (final LibC.Errno e) {
            throw e;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    void load(final MemorySegment object) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final int error = (int) objectLoad.invokeExact(arena.allocate(LibC.stateLayout()), object);
            if (error < 0) {
                throw new LibC.Errno("bpf_object__load", -error);
            }
        } catch (final LibC.Errno e) {
            throw e;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    void close(final MemorySegment object) {
        try (Arena arena = Arena.ofConfined()) {
            objectClose.invokeExact(arena.allocate(LibC.stateLayout()), object);
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    MemorySegment program(final MemorySegment object, final String name) {
        return find(objectFindProgram, object, name);
    }

    MemorySegment map(final MemorySegment object, final String name) {
        return find(objectFindMap, object, name);
    }

    private static MemorySegment find(final MethodHandle finder, final MemorySegment object, final String name) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment found = (MemorySegment)
                    finder.invokeExact(arena.allocate(LibC.stateLayout()), object, arena.allocateFrom(name));
            if (found.equals(MemorySegment.NULL)) {
                throw new IllegalStateException("the object has no " + name);
            }
            return found;
        } catch (final IllegalStateException e) {
            throw e;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    void skip(final MemorySegment program) {
        try (Arena arena = Arena.ofConfined()) {
            final int _ = (int) programSetAutoload.invokeExact(arena.allocate(LibC.stateLayout()), program, false);
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    void attachType(final MemorySegment program, final int type) {
        try (Arena arena = Arena.ofConfined()) {
            final int _ = (int) programSetAttachType.invokeExact(arena.allocate(LibC.stateLayout()), program, type);
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    int programFd(final MemorySegment program) {
        return fd(programFd, program);
    }

    int mapFd(final MemorySegment map) {
        return fd(mapFd, map);
    }

    private static int fd(final MethodHandle getter, final MemorySegment of) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) getter.invokeExact(arena.allocate(LibC.stateLayout()), of);
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    void update(final int map, final MemorySegment key, final MemorySegment value) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final int error =
                    (int) mapUpdate.invokeExact(arena.allocate(LibC.stateLayout()), map, key, value, 0L /* BPF_ANY */);
            if (error < 0) {
                throw new LibC.Errno("bpf_map_update_elem", -error);
            }
        } catch (final LibC.Errno e) {
            throw e;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    /** Takes a key out of a map; that it was not there is no error. */
    void delete(final int map, final MemorySegment key) {
        try (Arena arena = Arena.ofConfined()) {
            final int _ = (int) mapDelete.invokeExact(arena.allocate(LibC.stateLayout()), map, key);
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    /** The number that a map has for a key; 0 if it has none. */
    long number(final int map, final int key) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment value = arena.allocate(LONG);
            final int error = (int)
                    mapLookup.invokeExact(arena.allocate(LibC.stateLayout()), map, arena.allocateFrom(INT, key), value);
            return error == 0 ? value.get(LONG, 0) : 0;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }

    /** The keys of a map, of the size of an int. */
    List<Integer> keys(final int map) {
        final List<Integer> keys = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(LibC.stateLayout());
            final MemorySegment key = arena.allocate(INT);
            MemorySegment previous = MemorySegment.NULL;
            while ((int) mapNextKey.invokeExact(state, map, previous, key) == 0) {
                keys.add(key.get(INT, 0));
                previous = key;
            }
            return keys;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }
}
