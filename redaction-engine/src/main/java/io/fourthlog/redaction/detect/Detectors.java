package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.Stream;

/** The catalogue of built-in detectors; several can have the same tag. */
public final class Detectors {

    private static final List<Detector> WRITTEN = List.of(
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

    private static final List<Detector> BUILT_IN = Stream.concat(
                    WRITTEN.stream(), SecretRules.all().stream().map(SecretRules.Rule::detector))
            .toList();

    private Detectors() {}

    public static List<Detector> builtIn() {
        return BUILT_IN;
    }
}
