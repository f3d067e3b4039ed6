package io.fourthlog.redaction.detect;

import java.util.List;

/** The id of an AWS access key: not secret alone, but never far from what is. */
final class AwsAccessKey implements Detector {

    private static final ByteSet CHARACTERS = ByteSet.of("A-Z0-9");
    private static final int LENGTH = 20; // characters, prefix included

    @Override
    public Documentation documentation() {
        return new Documentation(
                "secret:aws-access-key",
                "AWS access key ids, long-lived (AKIA) and temporary (ASIA), bearer and context (ABIA, ACCA)",
                "",
                "",
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
                List.of(
                        "aws_access_key_id = AKIA" + "Q3EGRHN5TXLW7ZKD",
                        "AKIA" + "Q3EGRHN5\r\nTXLW7ZKD",
                        "Credential=ASIA" + "Y34FZKBOKMUTVV7A/20260101/eu-west-1/s3/aws4_request"),
                List.of(
                        "AKIAIOSFODNN7EXAMPLE",
                        "AKIAXXXXXXXXXXXXXXXX",
                        "AKIA" + "Q3EGRHN5TXLW7ZKDQ",
                        "XAKIA" + "Q3EGRHN5TXLW7ZKD",
                        "AKIAlowercase12345678"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(Anchor.prefix("AKIA"), Anchor.prefix("ASIA"), Anchor.prefix("ABIA"), Anchor.prefix("ACCA"));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        long run = Lines.run(text, at, to, CHARACTERS, LENGTH);
        int end = Span.end(run);
        return Span.start(run) == LENGTH
                        && !Bytes.is(text, at, to, end, Bytes.WORD)
                        && Bytes.beginsAt(text, from, at, Bytes.ALNUM)
                        && Bytes.looksRandom(text, at, end)
                ? Span.of(at, end)
                : Span.NONE;
    }
}
