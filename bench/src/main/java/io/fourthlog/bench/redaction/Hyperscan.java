package io.fourthlog.bench.redaction;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A compiled set of expressions, and the library that matches them, which comes out of the jar {@code com.gliwka.hyperscan:native} and is
 * called through the FFM API: the wrapper in that jar refuses sets of this size. Confined to one thread.
 */
final class Hyperscan implements AutoCloseable {

    /** A regular expression in Hyperscan's dialect. */
    record Expression(String text, boolean anyCase) {}

    /** Is told of matches: of each expression every end, as Hyperscan has no greed. */
    interface Sink {

        /**
         * A match.
         *
         * @param expression index of it
         * @param from its first byte; 0 if starts are not asked for
         * @param to byte after its last
         */
        void match(int expression, long from, long to);
    }

    private static final String RESOURCE = "/com/gliwka/hyperscan/jni/linux-x86_64/libhs.so";
    private static final int BLOCK = 1; // HS_MODE_BLOCK
    private static final int STREAM = 1 << 1 | 1 << 24; // HS_MODE_STREAM, HS_MODE_SOM_HORIZON_LARGE
    private static final int CASELESS = 1; // HS_FLAG_CASELESS
    private static final int STARTS = 1 << 8; // HS_FLAG_SOM_LEFTMOST
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    private final Arena arena = Arena.ofConfined();
    private final SymbolLookup library;
    private final MethodHandle scan;
    private final MethodHandle scanStream;
    private final MemorySegment database;
    private final MemorySegment scratch;
    private final MemorySegment callback;
    private final Sink sink;
    private final Set<Integer> withoutStarts = new HashSet<>();

    /** Whether there is a library for this machine. */
    static boolean isSupported() {
        return System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
    }

    /**
     * Compiles a set.
     *
     * @param stream whether texts come in pieces
     * @param starts whether matches are to have starts; an expression that is too large for that goes without
     */
    Hyperscan(List<Expression> expressions, boolean stream, boolean starts, Sink sink) throws IOException {
        this.sink = sink;
        library = load(arena);
        scan = function("hs_scan", POINTER, POINTER, INT, INT, POINTER, POINTER, POINTER);
        scanStream = function("hs_scan_stream", POINTER, POINTER, INT, INT, POINTER, POINTER, POINTER);
        database = compile(expressions, stream ? STREAM : BLOCK, starts);
        MemorySegment out = arena.allocate(POINTER);
        check("hs_alloc_scratch", call(function("hs_alloc_scratch", POINTER, POINTER), database, out));
        scratch = out.get(ValueLayout.ADDRESS, 0);
        callback = callback();
    }

    /** Indexes of expressions whose matches have no start although it was asked for. */
    Set<Integer> withoutStarts() {
        return withoutStarts;
    }

    /** Matches a text. */
    void scan(MemorySegment text) {
        try {
            check("hs_scan", (int)
                    scan.invokeExact(database, text, (int) text.byteSize(), 0, scratch, callback, MemorySegment.NULL));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Matches a text that comes in pieces of a length. */
    void scanStream(MemorySegment text, int piece) {
        try (Arena streaming = Arena.ofConfined()) {
            MemorySegment out = streaming.allocate(POINTER);
            check("hs_open_stream", call(function("hs_open_stream", POINTER, INT, POINTER), database, 0, out));
            MemorySegment stream = out.get(ValueLayout.ADDRESS, 0);
            for (long at = 0; at < text.byteSize(); at += piece) {
                int length = (int) Math.min(piece, text.byteSize() - at);
                check("hs_scan_stream", (int) scanStream.invokeExact(
                        stream, text.asSlice(at, length), length, 0, scratch, callback, MemorySegment.NULL));
            }
            MethodHandle close = function("hs_close_stream", POINTER, POINTER, POINTER, POINTER);
            check("hs_close_stream", call(close, stream, scratch, callback, MemorySegment.NULL));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        check("hs_free_scratch", call(function("hs_free_scratch", POINTER), scratch));
        check("hs_free_database", call(function("hs_free_database", POINTER), database));
        arena.close();
    }

    private MemorySegment compile(List<Expression> expressions, int mode, boolean starts) {
        MethodHandle compile =
                function("hs_compile_multi", POINTER, POINTER, POINTER, INT, INT, POINTER, POINTER, POINTER);
        MemorySegment texts = arena.allocate(POINTER, expressions.size());
        MemorySegment flags = arena.allocate(INT, expressions.size());
        MemorySegment ids = arena.allocate(INT, expressions.size());
        for (int i = 0; i < expressions.size(); i++) {
            Expression expression = expressions.get(i);
            texts.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(expression.text()));
            flags.setAtIndex(INT, i, (expression.anyCase() ? CASELESS : 0) | (starts ? STARTS : 0));
            ids.setAtIndex(INT, i, i);
        }
        MemorySegment out = arena.allocate(POINTER);
        MemorySegment error = arena.allocate(POINTER);
        while (call(compile, texts, flags, ids, expressions.size(), mode, MemorySegment.NULL, out, error) != 0) {
            MemorySegment problem = error.get(ValueLayout.ADDRESS, 0).reinterpret(16); // message, index
            int index = problem.get(INT, 8);
            int flag = index < 0 ? 0 : flags.getAtIndex(INT, index);
            if ((flag & STARTS) == 0) {
                String message =
                        problem.get(ValueLayout.ADDRESS, 0).reinterpret(1024).getString(0);
                throw new IllegalArgumentException(message + ": " + (index < 0 ? "all" : expressions.get(index)));
            }
            flags.setAtIndex(INT, index, flag & ~STARTS);
            withoutStarts.add(index);
            check("hs_free_compile_error", call(function("hs_free_compile_error", POINTER), problem));
        }
        return out.get(ValueLayout.ADDRESS, 0);
    }

    /** Called by the library; 0 goes on. */
    int onMatch(int id, long from, long to, int flags, MemorySegment context) {
        sink.match(id, from, to);
        return 0;
    }

    private MemorySegment callback() {
        MethodType type =
                MethodType.methodType(int.class, int.class, long.class, long.class, int.class, MemorySegment.class);
        try {
            return Linker.nativeLinker()
                    .upcallStub(
                            MethodHandles.lookup().bind(this, "onMatch", type),
                            FunctionDescriptor.of(INT, INT, LONG, LONG, INT, POINTER),
                            arena);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private MethodHandle function(String name, MemoryLayout... parameters) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(INT, parameters));
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void check(String function, int result) {
        if (result != 0) {
            throw new IllegalStateException(function + ": " + result);
        }
    }

    private static SymbolLookup load(Arena arena) throws IOException {
        Path file = Files.createTempFile("libhs", ".so");
        try (InputStream in = Hyperscan.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException("not on the class path: " + RESOURCE);
            }
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            return SymbolLookup.libraryLookup(file, arena);
        } finally {
            Files.delete(file);
        }
    }
}
