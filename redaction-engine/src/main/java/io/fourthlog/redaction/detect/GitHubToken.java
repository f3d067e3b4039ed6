package io.fourthlog.redaction.detect;

import java.util.List;

/** GitHub's personal (classic and fine-grained), OAuth, user, server and refresh tokens. */
final class GitHubToken implements Detector {

    private static final String FINE_GRAINED = "github_pat_";
    private static final ByteSet BODY = ByteSet.of("A-Za-z0-9_");
    private static final int FINE_GRAINED_BODY = 82; // characters: 22, an underscore, 59
    private static final int MIN_BODY = 36; // characters after gh?_
    private static final int MAX_BODY = 251; // GitHub reserves 255 for the whole token

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:github",
                "GitHub tokens: ghp_, gho_, ghu_, ghs_, ghr_ and github_pat_",
                "",
                "",
                "https://github.blog/engineering/behind-githubs-new-authentication-token-formats/",
                List.of(
                        "https://x-access-token:ghs_" + "16C7e42F292c6912E7710c838347Ae178B4a@github.com/o/r",
                        "GITHUB_TOKEN=ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6",
                        "ghp_" + "aB3dE6gH9jK2mN5p\n  Q8sT1vW4yZ7bC0eF3hJ6",
                        "github_pat_"
                                + "11ABCDEFG0aB3dE6gH9jK2_mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9nP2rS5uV8xY1zA4cD7fG0hK3mN6pQ9sT"),
                List.of(
                        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                        "ghp_tooShort123",
                        "highp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6",
                        "github_pat_setup_guide"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(
                Anchor.prefix("ghp_"),
                Anchor.prefix("gho_"),
                Anchor.prefix("ghu_"),
                Anchor.prefix("ghs_"),
                Anchor.prefix("ghr_"),
                Anchor.prefix(FINE_GRAINED));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.beginsAt(text, from, at, Bytes.WORD)) {
            return Span.NONE;
        }
        boolean fineGrained = Bytes.startsWith(text, at, to, FINE_GRAINED);
        int body = at + (fineGrained ? FINE_GRAINED.length() : 4);
        long run = Lines.run(text, body, to, BODY, fineGrained ? FINE_GRAINED_BODY : MIN_BODY);
        int end = Span.end(run);
        int length = Span.start(run);
        boolean plausible = fineGrained ? length == FINE_GRAINED_BODY : length >= MIN_BODY && length <= MAX_BODY;
        return plausible && Bytes.looksRandom(text, body, end) ? Span.of(at, end) : Span.NONE;
    }
}
