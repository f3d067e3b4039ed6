package io.fourthlog.redaction.detect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Texts with things to find in them, in one disguise or another, for tests. */
final class VeiledText {

    private static final List<String> ORDINARY = List.of(
            "The quick brown fox jumps over the lazy dog. ",
            "{\"status\":200,\"took\":13,\"items\":[\"a\",\"b\"]}\n",
            "2026-11-24T01:56:00.123456Z INFO request done in 13 ms id=f47ac10b-58cc-4372-a567-0e02b2c3d479\n",
            "for (int i = 0; i < n; i++) { sum += values[i] % 40; } // C:\\temp\\new\n",
            "Zürich, 東京 and 😀; tom &amp; jerry &c. 100%25 sure ",
            "\\n\\t\\u00e9\\ud83d\\ude00\\\\",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk");

    /** Ways to write a text so that it looks like another one. */
    static final List<UnaryOperator<String>> DISGUISES = List.of(
            text -> text,
            text -> each(text, c -> String.format("\\u%04x", c)),
            text -> each(text, c -> String.format("\\\\u%04X", c)),
            text -> each(text, c -> String.format("%%%02x", c)),
            text -> each(text, c -> String.format("&#x%x;", c)),
            text -> each(text, c -> String.format("&#%d;", c)),
            text -> each(text, c -> c > ' ' ? Character.toString(c - '!' + 0xFF01) : " "),
            text -> each(text, c -> Character.toString(c) + "\u200b"),
            text -> each(text, c -> "\u00ad" + Character.toString(c)),
            text -> base64(text),
            text -> Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8)),
            text -> base64(base64(text)),
            text -> HexFormat.of().formatHex(text.getBytes(UTF_8)),
            text -> HexFormat.of().formatHex(base64(text).getBytes(UTF_8)),
            text -> base64(HexFormat.of().formatHex(text.getBytes(UTF_8))),
            text -> base64(each(text, c -> String.format("\\u%04x", c))));

    private VeiledText() {}

    static byte[] random(long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            if (random.nextInt(4) > 0) {
                text.append(ORDINARY.get(random.nextInt(ORDINARY.size())));
            } else {
                text.append(' ')
                        .append(DISGUISES.get(random.nextInt(DISGUISES.size())).apply(secret(random)))
                        .append(' ');
            }
        }
        byte[] bytes = text.toString().getBytes(UTF_8);
        for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) { // not even UTF-8 is sure
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static String secret(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";
            case 1 -> "card 4111 1111 1111 1111, exp 12/27";
            case 2 -> "write to jane.doe@example.com";
            case 3 -> "ssn: 219-45-6789 of him";
            default -> "postgres://app:s3cr3t!pw@db.internal:5432/orders";
        };
    }

    private static String each(String text, java.util.function.IntFunction<String> disguise) {
        return text.chars().mapToObj(disguise).collect(Collectors.joining());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
