package io.fourthlog.redaction.detect;

import java.util.List;

/** {@code sk-ant-api03-…} and the other kinds that Anthropic issues. */
final class AnthropicKey implements Detector {

    private static final ByteSet BODY = ByteSet.of("A-Za-z0-9_-");
    private static final int MIN_LENGTH = 40; // characters after sk-ant-, kind included

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:anthropic",
                "Anthropic API keys and OAuth tokens: sk-ant-, a kind, and a random body",
                "",
                "",
                "https://docs.anthropic.com/en/api/getting-started",
                List.of(
                        "x-api-key: sk-ant-"
                                + "api03-Xk9_2bQeR7tYuI1oPaS3dFgH5jKlZ-xCvB8nM4qWeRtYuIoPaSdFgHjKlZxCvBnM0123456789abcdefAA",
                        "sk-ant-"
                                + "api03-Xk9_2bQeR7tYuI1o\\\nPaS3dFgH5jKlZ-xCvB8nM4qWeRtYuIoPaSdFgHjKlZxCvBnM0123456789",
                        "sk-ant-" + "oat01-q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8l9"),
                List.of(
                        "sk-ant-api03-your-key-here",
                        "sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                        "desk-ant-colony-in-the-museum-of-natural-history-1998"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.prefix("sk-ant-"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.beginsAt(text, from, at, Bytes.BASE64URL)) {
            return Span.NONE;
        }
        int body = at + "sk-ant-".length();
        long run = Lines.run(text, body, to, BODY, MIN_LENGTH);
        int end = Span.end(run);
        return Span.start(run) >= MIN_LENGTH && Bytes.looksRandom(text, body, end) ? Span.of(at, end) : Span.NONE;
    }
}
