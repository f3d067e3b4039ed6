package io.fourthlog.redaction.detect;

import java.util.List;

/** {@code sk-…} of any length that OpenAI ever issued, and {@code sk-proj-…} and its siblings. */
final class OpenAiKey implements Detector {

    private static final String[] KINDS = {"proj-", "svcacct-", "admin-", "service-", "None-"};
    private static final ByteSet BODY = ByteSet.of("A-Za-z0-9_-");
    private static final ByteSet LEGACY_BODY = ByteSet.of("A-Za-z0-9");
    private static final int MIN_BODY = 20; // characters after sk-KIND-
    private static final int MIN_LEGACY_BODY = 32; // characters after sk-

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:openai",
                "OpenAI API keys: sk-, or sk-proj- and its siblings, and a random body",
                "",
                "",
                "https://platform.openai.com/docs/api-reference/authentication",
                List.of(
                        "OPENAI_API_KEY=sk-" + "Zq3rT8vWx1yBn5mKc7pLd2fGT3BlbkFJh9jSa4eQu6iRo0tYwXzN",
                        "\"sk-proj-" + "Ab3_dE5fGh-1JkL7mNpQ9rStUvWx2YzA4bCdEf6gHi8JkLmNo\"",
                        "sk-" + "Zq3rT8vWx1yBn5mK\nc7pLd2fGT3BlbkFJh9jSa4eQu6iRo0tYwXzN",
                        "key\\nsk-" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
                List.of(
                        "sk-learn-contrib-0.24.1 and task-proj-0123456789abcdef0123456789abcdef",
                        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                        "sk-proj-your-api-key-goes-here-please",
                        "class=\"sk-fading-circle sk-circle12\""));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.prefix("sk-"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.beginsAt(text, from, at, Bytes.BASE64URL)) {
            return Span.NONE;
        }
        int body = at + 3;
        for (String kind : KINDS) {
            if (Bytes.startsWith(text, body, to, kind)) {
                return spanOf(text, at, body + kind.length(), to, BODY, MIN_BODY);
            }
        }
        return spanOf(text, at, body, to, LEGACY_BODY, MIN_LEGACY_BODY);
    }

    private static long spanOf(byte[] text, int start, int body, int to, ByteSet set, int minimum) {
        long run = Lines.run(text, body, to, set, minimum);
        int end = Span.end(run);
        return Span.start(run) >= minimum
                        && !Bytes.is(text, body, to, end, Bytes.BASE64URL)
                        && Bytes.looksRandom(text, body, end)
                ? Span.of(start, end)
                : Span.NONE;
    }
}
