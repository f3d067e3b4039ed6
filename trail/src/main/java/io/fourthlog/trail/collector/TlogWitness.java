package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.NoteSignature;
import io.fourthlog.actionlog.log.OtherWitness;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a witness that someone else runs to cosign: the client of C2SP tlog-witness, {@code add-checkpoint}. A witness that does
 * not answer is left alone for a while, so that it holds up one push, and not all of them.
 */
final class TlogWitness implements OtherWitness {

    private static final Logger LOG = LoggerFactory.getLogger(TlogWitness.class);

    private static final Duration TIMEOUT = Duration.ofSeconds(3); // a push waits for it
    private static final Duration PAUSE = Duration.ofSeconds(30); // after it did not answer
    private static final int MAX_ANSWER = 16 << 10; // bytes
    private static final int OK = 200;
    private static final int CONFLICT = 409;
    private static final int SERVER_ERROR = 500;

    private final URI endpoint;
    private final VerifierKey key;
    private final Clock clock;
    private final Consumer<Result> results;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final Map<String, Long> sizes = new ConcurrentHashMap<>(); // that it has seen of each log
    private volatile Instant silentUntil = Instant.MIN;

    /** What became of a request. */
    enum Result {
        /** It cosigned. */
        COSIGNED,
        /** It does not know the log, or has seen another history of it. */
        REFUSED,
        /** It did not answer, or not as the protocol says. */
        UNREACHABLE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A witness at a submission prefix.
     *
     * @param prefix {@code add-checkpoint} is below it
     * @param key that its cosignatures have to be of
     * @param results is told what became of each request
     */
    TlogWitness(URI prefix, VerifierKey key, Clock clock, Consumer<Result> results) {
        this.endpoint = URI.create(prefix.toString().replaceAll("/+$", "") + "/add-checkpoint");
        this.key = key;
        this.clock = clock;
        this.results = results;
    }

    /**
     * A witness as the command line names it.
     *
     * @throws UsageException when it is not an http or https URL, or not the vkey of a witness
     */
    static TlogWitness of(String url, String vkey, TrailMetrics metrics) throws UsageException {
        try {
            final URI prefix = URI.create(url);
            if (prefix.getHost() == null || !List.of("http", "https").contains(prefix.getScheme())) {
                throw new UsageException("--external-witness " + url + ": write http:// or https://, and a host");
            }
            final VerifierKey key = VerifierKey.parse(vkey);
            if (!key.type().isCosignature()) {
                throw new UsageException("--external-witness " + vkey + ": that is the key of a log, not of a witness");
            }
            return new TlogWitness(prefix, key, Clock.systemUTC(), result -> metrics.asked(key.name(), result));
        } catch (IllegalArgumentException | LogFormatException e) {
            throw new UsageException("--external-witness " + url + " " + vkey + ": " + e.getMessage(), e);
        }
    }

    @Override
    public List<NoteSignature> cosign(Checkpoint checkpoint, Proofs proofs) {
        if (clock.instant().isBefore(silentUntil)) {
            results.accept(Result.UNREACHABLE);
            return List.of();
        }
        try {
            Answer answer = ask(checkpoint, proofs, sizes.getOrDefault(checkpoint.origin(), 0L));
            if (answer.status() == CONFLICT) {
                final OptionalLong seen = size(answer.body());
                if (seen.isPresent() && seen.getAsLong() <= checkpoint.size()) {
                    answer = ask(checkpoint, proofs, seen.getAsLong());
                }
            }
            return signatures(checkpoint, answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unreachable("interrupted");
        } catch (IOException e) {
            return unreachable(e.toString());
        }
    }

    private record Answer(int status, String body) {}

    private Answer ask(Checkpoint checkpoint, Proofs proofs, long seen) throws IOException, InterruptedException {
        final StringBuilder body = new StringBuilder("old " + seen + "\n");
        for (final Hash hash : proofs.from(seen).path()) {
            body.append(hash.base64()).append('\n');
        }
        body.append('\n').append(checkpoint.note());
        final HttpRequest request = HttpRequest.newBuilder(endpoint)
                .timeout(TIMEOUT)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        final HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            return new Answer(response.statusCode(), new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8));
        }
    }

    private static OptionalLong size(String body) {
        final String digits = body.strip();
        return digits.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(digits)) : OptionalLong.empty();
    }

    private List<NoteSignature> signatures(Checkpoint checkpoint, Answer answer) {
        if (answer.status() >= SERVER_ERROR) {
            return unreachable("it answers " + answer.status());
        }
        if (answer.status() != OK) {
            LOG.error(
                    "the witness {} does not cosign {} at size {}: it answers {}; if it knows the log, it has seen another"
                            + " history of it",
                    key.name(),
                    checkpoint.origin(),
                    checkpoint.size(),
                    answer.status());
            results.accept(Result.REFUSED);
            return List.of();
        }
        for (final String line : answer.body().lines().toList()) {
            try {
                final NoteSignature signature = NoteSignature.parse(line);
                final Note cosigned = checkpoint.note().withSignature(signature);
                if (key.matches(signature) && cosigned.verify(List.of(key)).holds()) {
                    sizes.put(checkpoint.origin(), checkpoint.size());
                    results.accept(Result.COSIGNED);
                    return List.of(signature);
                }
            } catch (LogFormatException e) {
                LOG.debug("a line of the answer is no signature", e);
            }
        }
        return unreachable("it answers without a cosignature of " + key);
    }

    private List<NoteSignature> unreachable(String why) {
        silentUntil = clock.instant().plus(PAUSE);
        LOG.warn("the witness {} at {} is left alone for {} s: {}", key.name(), endpoint, PAUSE.toSeconds(), why);
        results.accept(Result.UNREACHABLE);
        return List.of();
    }
}
