package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/**
 * The texts that the benchmark of redaction reads, made from a seed: what agents send and get (JSON, prose, logs, code) with things
 * planted in it, clean prose, and texts that are made to be slow.
 */
final class Corpus {

    private static final String[] WORDS =
            ("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which"
                            + " one you were all her she there would their we him been has when who will no more if out so said what up its about than into them can"
                            + " only other time new some could these two may first then do any like my now over such our man me even most made after also did many off"
                            + " before must well back through years where much your way down should because long each just state those people too mr how little good"
                            + " world make very year still see own work men day get here old between both life being under three never know same last another while us"
                            + " might great go come since against right came take used himself few house use place during without again home around small however"
                            + " incident service latency deployment cluster network timeout database connection request response failure restart memory upstream"
                            + " investigation customer summary report quarter revenue forecast analysis region model result evidence escalation")
                    .split(" ");

    private Corpus() {}

    /** JSON, prose, logs and code by turns, with about one thing to find in every four KiB. */
    static byte[] mixed(int length) {
        Random random = new Random(42);
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4096);
        while (out.size() < length) {
            StringBuilder part = new StringBuilder();
            switch (random.nextInt(4)) {
                case 0 -> json(part, random);
                case 1 -> prose(part, random, 1500);
                case 2 -> logs(part, random);
                default -> code(part, random);
            }
            if (random.nextInt(3) == 0) {
                part.append(planted(random)).append('\n');
            }
            out.writeBytes(part.toString().getBytes(UTF_8));
        }
        return java.util.Arrays.copyOf(out.toByteArray(), length);
    }

    /** Sentences in which there is nothing to find. */
    static byte[] prose(int length) {
        Random random = new Random(7);
        StringBuilder text = new StringBuilder(length + 4096);
        while (text.length() < length) {
            prose(text, random, 4000);
        }
        return java.util.Arrays.copyOf(text.toString().getBytes(UTF_8), length);
    }

    private static void prose(StringBuilder out, Random random, int length) {
        int end = out.length() + length;
        while (out.length() < end) {
            int words = 6 + random.nextInt(16);
            for (int i = 0; i < words; i++) {
                String word = WORDS[random.nextInt(WORDS.length)];
                out.append(i == 0 ? Character.toUpperCase(word.charAt(0)) + word.substring(1) : word);
                out.append(i == words - 1 ? ". " : random.nextInt(12) == 0 ? ", " : " ");
            }
            if (random.nextInt(5) == 0) {
                out.append("\n\n");
            }
        }
    }

    private static void json(StringBuilder out, Random random) {
        for (int i = 0; i < 6; i++) {
            out.append("{\"id\":\"")
                    .append(new java.util.UUID(random.nextLong(), random.nextLong()))
                    .append("\",\"status\":")
                    .append(200 + random.nextInt(300));
            out.append(",\"took_ms\":").append(random.nextInt(10_000)).append(",\"items\":[");
            for (int k = 0; k < 4; k++) {
                out.append(k == 0 ? "" : ",")
                        .append("{\"name\":\"")
                        .append(WORDS[random.nextInt(WORDS.length)])
                        .append("\",\"score\":")
                        .append(random.nextInt(1000) / 1000.0)
                        .append(",\"tags\":[\"")
                        .append(WORDS[random.nextInt(WORDS.length)])
                        .append("\",\"v")
                        .append(random.nextInt(9))
                        .append("\"]}");
            }
            out.append("],\"content\":\"");
            StringBuilder content = new StringBuilder();
            prose(content, random, 160);
            out.append(content.toString().replace("\n", "\\n")).append("\"}\n");
        }
    }

    private static void logs(StringBuilder out, Random random) {
        for (int i = 0; i < 14; i++) {
            out.append(String.format(
                    "2026-11-%02dT%02d:%02d:%02d.%03dZ %s [worker-%d] %s.%s: %s %s in %d ms (attempt %d/%d) path=/api/v1/%s/%d%n",
                    1 + random.nextInt(28),
                    random.nextInt(24),
                    random.nextInt(60),
                    random.nextInt(60),
                    random.nextInt(1000),
                    random.nextInt(9) == 0 ? "WARN" : "INFO",
                    random.nextInt(16),
                    "io.example.service",
                    WORDS[random.nextInt(WORDS.length)],
                    WORDS[random.nextInt(WORDS.length)],
                    WORDS[random.nextInt(WORDS.length)],
                    random.nextInt(5000),
                    1 + random.nextInt(3),
                    3,
                    WORDS[random.nextInt(WORDS.length)],
                    random.nextInt(100_000)));
        }
    }

    private static void code(StringBuilder out, Random random) {
        for (int i = 0; i < 5; i++) {
            String name = WORDS[random.nextInt(WORDS.length)];
            out.append("    /** Returns the ")
                    .append(name)
                    .append(" of a request. */\n    public static int ")
                    .append(name)
                    .append("Of(Map<String, List<Integer>> values, int limit) {\n");
            out.append(
                            "        int sum = 0;\n        for (Map.Entry<String, List<Integer>> entry : values.entrySet()) {\n            if (entry.getKey().startsWith(\"")
                    .append(name)
                    .append("\") && sum < ")
                    .append(random.nextInt(4096))
                    .append(") {\n                sum += entry.getValue().get(0) * 31 + 0x")
                    .append(Integer.toHexString(random.nextInt()))
                    .append(";\n            }\n        }\n        return Math.min(sum, limit);\n    }\n\n");
        }
    }

    private static String planted(Random random) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        StringBuilder token = new StringBuilder();
        for (int i = 0; i < 36; i++) {
            token.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return switch (random.nextInt(8)) {
            case 0 -> "GITHUB_TOKEN=ghp_" + token;
            case 1 -> "reach me at jane.doe" + random.nextInt(1000) + "@example.com or +49 30 901820";
            case 2 -> "card 4111 1111 1111 1111 exp 12/27";
            case 3 -> "postgres://app:" + token.substring(0, 12) + "@db.internal:5432/orders";
            case 4 -> "IBAN DE89 3704 0044 0532 0130 00 of John Smith";
            case 5 -> "\"api_key\": \"" + token + "\"";
            case 6 -> "SSN 219-45-6789, MRN: 00123456, client 203.0.113.7";
            default ->
                "AWS_ACCESS_KEY_ID=AKIA"
                        + token.substring(0, 16)
                                .toUpperCase(java.util.Locale.ROOT)
                                .replaceAll("[018 9]", "A");
        };
    }

    /** A text that is made to be slow. */
    static final class Adversary {

        private final String name;
        private final byte[] text;

        private Adversary(String name, byte[] text) {
            this.name = name;
            this.text = text;
        }

        String name() {
            return name;
        }

        byte[] text() {
            return text;
        }
    }

    static List<Adversary> adversaries(int length) {
        Random random = new Random(3);
        StringBuilder base64 = new StringBuilder();
        byte[] noise = new byte[length * 3 / 4];
        random.nextBytes(noise);
        base64.append(java.util.Base64.getEncoder().encodeToString(noise));
        String prose = new String(prose(length), UTF_8);
        return List.of(
                repeated("digits", "1234567890 ", length),
                repeated("one run of digits", "4111111111111111", length),
                repeated("cards without their check digit", "4111 1111 1111 1112 ", length),
                repeated("at signs", "a@", length),
                repeated("almost addresses", "jane.doe@example.c ", length),
                repeated("schemes", "a://b:", length),
                repeated("prefixes", "sk-ghp_AKIAeyJ", length),
                repeated("prefixes apart", "sk- ghp_ AKIA eyJ xoxb- ", length),
                repeated("passwords", "password", length),
                repeated("assignments", "password = token: secret= ", length),
                repeated("private keys", "-----BEGIN RSA PRIVATE KEY-----\n", length),
                repeated("capitals", "John John John ", length),
                repeated("labels", "passport number is patient id is dob is ", length),
                repeated("escapes", "\\u0041\\n\\\"", length),
                repeated("percent", "%41%42%25%34%31", length),
                repeated("entities", "&#65;&amp;&lt;", length),
                repeated("full width", "４１１１　", length),
                repeated("no width", "a\u200b\u00ad", length),
                repeated("Chinese", "今天天气很好我们去公园散步吧，", length),
                repeated("hexadecimal", "6a616e6540", length),
                repeated(
                        "base64 of text",
                        java.util.Base64.getEncoder()
                                .encodeToString("the quick brown fox jumps ov"
                                        .substring(0, 27)
                                        .getBytes(UTF_8)),
                        length),
                new Adversary("base64 of noise", cut(base64.toString().getBytes(UTF_8), length)),
                new Adversary(
                        "base64 of prose", cut(java.util.Base64.getEncoder().encode(prose.getBytes(UTF_8)), length)),
                new Adversary(
                        "base64 of base64 of prose",
                        cut(
                                java.util.Base64.getEncoder()
                                        .encode(java.util.Base64.getEncoder().encode(prose.getBytes(UTF_8))),
                                length)),
                new Adversary(
                        "base64 in lines",
                        cut(java.util.Base64.getMimeEncoder().encode(prose.getBytes(UTF_8)), length)),
                new Adversary("noise", cut(noise, length / 2)),
                repeated("times", "12:34:56 ", length),
                repeated("addresses of machines", "fe80::1:2:3 10.1.2 ", length),
                repeated("telephones", "+1 415 555 267 (415) 555 ", length),
                repeated("streets", "12 North Main Big Old ", length),
                repeated("spaces", " ", length),
                repeated("zeros", "\0", length));
    }

    private static byte[] cut(byte[] text, int length) {
        return java.util.Arrays.copyOf(text, Math.min(text.length, length));
    }

    private static Adversary repeated(String name, String unit, int length) {
        byte[] one = unit.getBytes(UTF_8);
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = one[i % one.length];
        }
        return new Adversary(name, text);
    }
}
