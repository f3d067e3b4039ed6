package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.Stream;

/** The catalogue of built-in detectors; several can have the same tag. */
public final class Detectors {

    private static final List<Detector> BUILT_IN = Stream.of(
                    List.of(
                            new AnthropicKey(),
                            new AwsAccessKey(),
                            new BasicAuthUrl(),
                            new GitHubToken(),
                            new JsonWebToken(),
                            new OpenAiKey(),
                            new PrivateKey(),
                            new BarePrivateKey(),
                            new JsonWebKey(),
                            new KubernetesSecret(),
                            new CommandLineSecret(),
                            new AssignedSecret()),
                    SecretRules.all().stream().map(SecretRules.Rule::detector).toList(),
                    List.of(
                            new EmailAddress(),
                            new PhoneNumber(),
                            new Iban(),
                            new IpAddress(),
                            new MacAddress(),
                            new UsSocialSecurityNumber(),
                            new PostalAddress(),
                            new LabelledAddress()),
                    PersonName.all(),
                    NationalIds.all(),
                    List.of(new CardNumber(), new TrackData()),
                    LabelledValues.all(),
                    MedicalTerm.all())
            .<Detector>flatMap(List::stream)
            .toList();

    private Detectors() {}

    public static List<Detector> builtIn() {
        return BUILT_IN;
    }
}
