package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.ThreadMXBean;
import io.fourthlog.redaction.RedactionEngine;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Measures Hyperscan on the same text with the same families: the lines of secrets.rules as regular expressions, and expressions for what the
 * other detectors look for, without their validators. Its library comes out of the jar {@code com.gliwka.hyperscan:native} and is called through the
 * FFM API: the wrapper of that jar refuses sets of this size. Text is scanned in blocks of 64 KiB.
 */
final class HyperscanPeer {

    private static final int MODE_BLOCK = 1;
    private static final int CASELESS = 1;
    private static final int BLOCK = 1 << 16;
    private static final int ROUNDS = 3;

    /** What the detectors that are code look for. */
    private static final List<String> OTHERS = List.of(
            "[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){1,8}",
            "\\b(4\\d{3}|5[1-5]\\d{2}|6011|65\\d{2}|3[47]\\d{2}|35\\d{2}|2[2-7]\\d{2})[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{1,4}\\b",
            "\\b\\d{3}-\\d{2}-\\d{4}\\b",
            "\\b[A-Z]{2}\\d{2}[ ]?([A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{1,4}\\b",
            "\\b(\\d{1,3}\\.){3}\\d{1,3}\\b",
            "\\b([0-9a-fA-F]{1,4}:){2,7}:?[0-9a-fA-F]{1,4}\\b",
            "\\b([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\\b",
            "\\+\\d{1,3}[ .(-]{0,2}\\d{1,4}[ .)-]{0,2}\\d{2,4}[ .-]?\\d{2,4}([ .-]?\\d{1,4})?",
            "\\(?\\b[2-9]\\d{2}\\)?[ .-][2-9]\\d{2}[ .-]\\d{4}\\b",
            "(?i)(password|passwd|secret|token|api_?key|credential)[\\w.-]{0,20}[ '\"]{0,3}[=:]{1,3}[ '\"]{0,5}[^ '\"]{8,100}",
            "[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^ :/@]{0,64}:[^ :/@]{1,64}@",
            "-----BEGIN [A-Z ]{0,40}PRIVATE KEY",
            "\\beyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}",
            "\\bgh[pousr]_[A-Za-z0-9]{36}",
            "\\bAKIA[A-Z2-7]{16}\\b",
            "\\bsk-(ant-|proj-)?[A-Za-z0-9_-]{20,}",
            "(?i)\\b(dob|date of birth|born)[^\\n]{0,20}\\d{1,4}[-/.]\\d{1,2}[-/.]\\d{1,4}",
            "(?i)\\b(mrn|passport|license|npi|dea|ssn|cvv|exp)[^\\n]{0,20}[A-Z0-9-]{3,12}",
            "\\b\\d{1,5} ([A-Z][a-z]+ ){1,4}(Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard)\\b",
            "\\b(Mr|Mrs|Ms|Dr|Prof)\\.? [A-Z][a-z]+");

    private static int matches;

    private HyperscanPeer() {}

    /** Called by the library; 0 goes on. */
    static int onMatch(int id, long from, long to, int flags, MemorySegment context) {
        matches++;
        return 0;
    }

    public static void main(String[] args) throws Throwable {
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup library = SymbolLookup.libraryLookup(Path.of(args[0]), arena);
            MethodHandle compile = linker.downcallHandle(
                    library.findOrThrow("hs_compile_multi"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS));
            MethodHandle allocate = linker.downcallHandle(
                    library.findOrThrow("hs_alloc_scratch"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            MethodHandle scan = linker.downcallHandle(
                    library.findOrThrow("hs_scan"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS));
            List<String> expressions = expressions();
            MemorySegment patterns = arena.allocate(ValueLayout.ADDRESS, expressions.size());
            MemorySegment flags = arena.allocate(ValueLayout.JAVA_INT, expressions.size());
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, expressions.size());
            for (int i = 0; i < expressions.size(); i++) {
                boolean caseless = expressions.get(i).startsWith("(?i)");
                patterns.setAtIndex(
                        ValueLayout.ADDRESS,
                        i,
                        arena.allocateFrom(caseless ? expressions.get(i).substring(4) : expressions.get(i)));
                flags.setAtIndex(ValueLayout.JAVA_INT, i, caseless ? CASELESS : 0);
                ids.setAtIndex(ValueLayout.JAVA_INT, i, i);
            }
            MemorySegment database = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment error = arena.allocate(ValueLayout.ADDRESS);
            int result = (int) compile.invokeExact(
                    patterns, flags, ids, expressions.size(), MODE_BLOCK, MemorySegment.NULL, database, error);
            if (result != 0) {
                MemorySegment compileError = error.get(ValueLayout.ADDRESS, 0).reinterpret(16);
                throw new IllegalStateException(compileError
                                .get(ValueLayout.ADDRESS, 0)
                                .reinterpret(1024)
                                .getString(0) + ": " + expressions.get(compileError.get(ValueLayout.JAVA_INT, 8)));
            }
            MemorySegment scratch = arena.allocate(ValueLayout.ADDRESS);
            result = (int) allocate.invokeExact(database.get(ValueLayout.ADDRESS, 0), scratch);
            MethodHandle callback = MethodHandles.lookup()
                    .findStatic(
                            HyperscanPeer.class,
                            "onMatch",
                            MethodType.methodType(
                                    int.class, int.class, long.class, long.class, int.class, MemorySegment.class));
            MemorySegment upcall = linker.upcallStub(
                    callback,
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS),
                    arena);
            byte[] text = Files.readAllBytes(Path.of(args[1]));
            MemorySegment bytes = arena.allocate(text.length);
            MemorySegment.copy(text, 0, bytes, ValueLayout.JAVA_BYTE, 0, text.length);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            List<Double> speeds = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                matches = 0;
                long start = threads.getCurrentThreadCpuTime();
                for (int at = 0; at < text.length; at += BLOCK) {
                    int length = Math.min(BLOCK, text.length - at);
                    result |= (int) scan.invokeExact(
                            database.get(ValueLayout.ADDRESS, 0),
                            bytes.asSlice(at, length),
                            length,
                            0,
                            scratch.get(ValueLayout.ADDRESS, 0),
                            upcall,
                            MemorySegment.NULL);
                }
                speeds.add(text.length * 1e3 / (threads.getCurrentThreadCpuTime() - start));
            }
            if (result != 0) {
                throw new IllegalStateException("hs_scan: " + result);
            }
            speeds.sort(Comparator.naturalOrder());
            System.out.printf(
                    Locale.ROOT,
                    "%.1f %d expressions, %d matches%n",
                    speeds.get(ROUNDS / 2),
                    expressions.size(),
                    matches);
        }
    }

    private static List<String> expressions() throws IOException {
        List<String> expressions = new ArrayList<>(OTHERS);
        try (InputStream in = RedactionEngine.class.getResourceAsStream("detect/secrets.rules")) {
            if (in == null) {
                throw new IOException("secrets.rules is not in the jar of the redaction engine");
            }
            for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                List<String> columns = List.of(line.split(" \\| ", -1));
                String format = expression(columns.get(2));
                expressions.add(
                        columns.get(1).equals("token")
                                ? "\\b" + format
                                : "(?i)(" + columns.get(1).substring(7).replace(',', '|')
                                        + ")[\\w.-]{0,20}[ '\"]{0,3}[=:>|,]{1,3}[ '\"]{0,5}" + format + "\\b");
            }
        }
        return expressions;
    }

    /** The notation of secrets.rules as a regular expression. */
    private static String expression(String format) {
        StringBuilder out = new StringBuilder();
        String written = format.replace("%U", "%H{8}-%H{4}-%H{4}-%H{4}-%H{12}");
        for (int i = 0; i < written.length(); i++) {
            char c = written.charAt(i);
            switch (c) {
                case '%' ->
                    out.append(
                            switch (written.charAt(++i)) {
                                case 'a' -> "[A-Za-z0-9]";
                                case 'w' -> "[A-Za-z0-9_-]";
                                case 'e' -> "[A-Za-z0-9_=-]";
                                case 'b' -> "[A-Za-z0-9+/]";
                                case 'h' -> "[0-9a-f]";
                                case 'H' -> "[0-9A-Fa-f]";
                                case 'd' -> "[0-9]";
                                case 'l' -> "[a-z0-9]";
                                case 'u' -> "[A-Z0-9]";
                                case 's' -> "[A-Za-z]";
                                default -> throw new IllegalArgumentException(format);
                            });
                case '[' -> {
                    int close = written.indexOf(']', i);
                    out.append(written, i, close + 1);
                    i = close;
                }
                case '.', '$', '+', '*', '?', '^' -> out.append('\\').append(c);
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}
