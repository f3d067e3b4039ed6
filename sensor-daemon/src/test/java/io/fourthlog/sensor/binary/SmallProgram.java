package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;

/** Programs that are compiled for a test, and what becomes of them when they are stripped or damaged. */
public final class SmallProgram {

    /** Links OpenSSL into a program, instead of having it loaded. */
    public static final String STATIC_OPENSSL = "-Wl,-Bstatic -lssl -lcrypto -Wl,-Bdynamic";

    private SmallProgram() {}

    /** Looks for something in a program. */
    interface Search {
        void in(Path program) throws IOException;
    }

    /** Compiles a source that lies beside this class. */
    public static Path compile(final Path folder, final String name, final String options)
            throws IOException, InterruptedException {
        return compile(folder, name, options, "");
    }

    /**
     * Compiles a source that lies beside this class.
     *
     * @param libraries options of the linker, behind the source
     */
    public static Path compile(final Path folder, final String name, final String options, final String libraries)
            throws IOException, InterruptedException {
        final Path source = folder.resolve(name);
        try (InputStream resource = SmallProgram.class.getResourceAsStream(name)) {
            Files.write(source, Objects.requireNonNull(resource).readAllBytes());
        }
        final Path program = folder.resolve("program");
        run(("gcc " + options + " -o " + program + " " + source + " " + libraries).strip());
        return program;
    }

    public static void strip(final Path program) throws IOException, InterruptedException {
        run("strip " + program);
    }

    private static void run(final String command) throws IOException, InterruptedException {
        Command.run(Path.of("."), command.split(" ", -1));
    }

    /** Searches 400 copies with bytes that are changed, every fourth cut off as well: each search ends, or fails with a message. */
    static void searchDamaged(final Path program, final long seed, final Search search) throws IOException {
        final byte[] whole = Files.readAllBytes(program);
        final Path damaged = program.resolveSibling("damaged");
        final Random random = new Random(seed);
        for (int i = 0; i < 400; i++) {
            final byte[] bytes = Arrays.copyOf(whole, i % 4 == 0 ? random.nextInt(whole.length) : whole.length);
            for (int change = 0; change < 40 && bytes.length > 0; change++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Files.write(damaged, bytes);
            try {
                search.in(damaged);
            } catch (final IOException expected) {
                assertThat(expected).hasMessageNotContaining("null");
            }
        }
    }
}
