package io.fourthlog.testing;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Gives each target of a fuzz test, in every build, some thousand inputs that are made of its seeds and always the same. Jazzer, which goes
 * by what the code does with them, is for {@code make fuzz}.
 */
public final class BriefFuzzing {

    private static final Path RESOURCES = Path.of("src/test/resources");
    private static final int MOST_CHANGES = 4; // of a seed for one input
    private static final List<String> EXTREMES = List.of(
            "-1", "0", "2147483648", "9223372036854775807", "99999999999999999999", "1e400", "{}", "\n\n", "[[[[[[[[");

    private BriefFuzzing() {}

    /** Runs all targets of a test. */
    public static void run(Object test, int inputs) throws IOException {
        for (final Method target : test.getClass().getDeclaredMethods()) {
            if (target.isAnnotationPresent(FuzzTest.class)) {
                target.setAccessible(true);
                run(test, target, inputs);
            }
        }
    }

    private static void run(Object test, Method target, int inputs) throws IOException {
        final List<byte[]> seeds = seeds(test.getClass(), target.getName());
        final Random random = new Random(target.getName().hashCode());
        for (int i = 0; i < inputs; i++) {
            final byte[] input = changed(seeds.get(i % seeds.size()), seeds, random);
            try {
                call(test, target, input, random);
            } catch (InvocationTargetException e) {
                throw new AssertionError(
                        target.getName() + " with " + HexFormat.of().formatHex(input), e.getCause());
            }
        }
    }

    private static void call(Object test, Method target, byte[] input, Random random) throws InvocationTargetException {
        final Object argument = target.getParameterTypes()[0] == byte[].class ? input : provider(input, random);
        try {
            target.invoke(test, argument);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Hands out the input as bytes and text; what numbers are asked for beside it is chance. */
    private static Object provider(byte[] input, Random random) {
        final ByteBuffer left = ByteBuffer.wrap(input);
        final InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
            case "consumeBoolean" -> random.nextBoolean();
            case "consumeInt" -> (int) random.nextLong((int) arguments[0], (int) arguments[1] + 1L);
            case "consumeLong" -> random.nextLong((long) arguments[0], (long) arguments[1] + 1);
            case "remainingBytes" -> left.remaining();
            case "consumeBytes" -> next(left, (int) arguments[0]);
            case "consumeRemainingAsBytes" -> next(left, left.remaining());
            case "consumeRemainingAsString" -> new String(next(left, left.remaining()), StandardCharsets.UTF_8);
            case "pickValue" -> InvocationHandler.invokeDefault(proxy, method, arguments);
            default -> throw new UnsupportedOperationException(method.getName());
        };
        return Proxy.newProxyInstance(
                BriefFuzzing.class.getClassLoader(), new Class<?>[] {FuzzedDataProvider.class}, handler);
    }

    private static byte[] next(ByteBuffer left, int length) {
        final byte[] bytes = new byte[Math.min(length, left.remaining())];
        left.get(bytes);
        return bytes;
    }

    private static List<byte[]> seeds(Class<?> test, String target) throws IOException {
        final List<byte[]> seeds = new ArrayList<>();
        final Path folder = RESOURCES.resolve(
                test.getPackageName().replace('.', '/') + "/" + test.getSimpleName() + "Inputs/" + target);
        try (Stream<Path> files = Files.list(folder)) {
            for (final Path file : files.sorted().toList()) {
                seeds.add(Files.readAllBytes(file));
            }
        }
        return seeds;
    }

    private static byte[] changed(byte[] seed, List<byte[]> seeds, Random random) {
        byte[] input = seed;
        for (int i = 1 + random.nextInt(MOST_CHANGES); i > 0; i--) {
            final int from = random.nextInt(input.length + 1);
            final int to = from + random.nextInt(Math.min(input.length - from, 64) + 1);
            final byte[] noise = new byte[random.nextInt(16)];
            random.nextBytes(noise);
            final byte[] other = seeds.get(random.nextInt(seeds.size()));
            input = switch (random.nextInt(7)) {
                case 0 -> flipped(input, random);
                case 1 -> joined(input, from, noise, to); // something else in its place
                case 2 -> joined(input, from, new byte[0], to); // nothing in its place
                case 3 -> joined(input, to, noise, from); // the same twice, with something between
                case 4 -> Arrays.copyOf(input, from);
                case 5 ->
                    joined(
                            input,
                            from,
                            EXTREMES.get(random.nextInt(EXTREMES.size())).getBytes(StandardCharsets.US_ASCII),
                            to);
                default -> joined(input, from, other, input.length);
            };
        }
        return input;
    }

    private static byte[] flipped(byte[] input, Random random) {
        final byte[] flipped = input.clone();
        if (flipped.length > 0) {
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        }
        return flipped;
    }

    /** What comes before {@code end}, then something, then what is there from {@code start} on. */
    private static byte[] joined(byte[] input, int end, byte[] between, int start) {
        final ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(input, 0, end);
        joined.writeBytes(between);
        joined.write(input, start, input.length - start);
        return joined.toByteArray();
    }
}
