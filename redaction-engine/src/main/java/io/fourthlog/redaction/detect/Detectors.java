package io.fourthlog.redaction.detect;

import java.util.List;

/** The catalogue of built-in detectors, one a tag, in the order in which the reference lists them. */
public final class Detectors {

    private static final List<Detector> BUILT_IN = List.of(
            new AnthropicKey(),
            new AwsAccessKey(),
            new BasicAuthUrl(),
            new GitHubToken(),
            new JsonWebToken(),
            new OpenAiKey(),
            new PrivateKey(),
            new EmailAddress(),
            new UsSocialSecurityNumber(),
            new CardNumber());

    private Detectors() {}

    public static List<Detector> builtIn() {
        return BUILT_IN;
    }
}
