package io.fourthlog.sensor.ship;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.KeySuccession;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.sensor.spool.Spool;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pushes the spool's log to the collector, in order, each batch with the checkpoint that covers it. How far the collector
 * is, only the collector knows: the first push carries nothing and asks.
 *
 * <pre>
 *   POST /v1/logs/LOG
 *   {"first":N,"count":M,"vkey":"…","checkpoint":"…"} LF, then M times u32 big-endian length | event
 *   ◄ 200 {"size":S,"cosignature":"…"}     it has S events now
 *   ◄ 409 {"size":S,"error":"…"}           it has S events: go on from there, or it holds another history
 *   POST /v1/logs/LOG/subject-keys         {"keys":[…]}: before the events that they seal, wrapped for the key of GET /v1/recipient
 * </pre>
 */
public final class Shipper {

    private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);

    private static final int BATCH_BYTES = 4 << 20; // of entries; the collector takes more
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final int MOST_ANSWERED = 4 << 20; // bytes; it names keys that were destroyed, of a batch at most
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(250);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
    private static final Duration IDLE = Duration.ofSeconds(1); // a new commit wakes it before
    private static final long UNKNOWN = -1;
    private static final int OK = 200;
    private static final int CONFLICT = 409;
    private static final JsonMapper JSON = new JsonMapper();

    private final Spool spool;
    private final Supplier<Optional<URI>> collector;
    private final TlsFiles tls;
    private final Duration timeout;
    private final Semaphore wake = new Semaphore(0);
    private final AtomicLong acknowledged = new AtomicLong(UNKNOWN);
    private final AtomicReference<@Nullable String> obstacle = new AtomicReference<>();
    private final Thread thread;

    private volatile boolean draining;
    private @Nullable HttpClient client; // of the shipper's thread
    private List<FileTime> clientVersion = List.of();

    /**
     * @param collector where to, {@code https://HOST:PORT}; empty while no config has said so
     */
    public Shipper(Spool spool, Supplier<Optional<URI>> collector, TlsFiles tls) {
        this(spool, collector, tls, REQUEST_TIMEOUT);
    }

    /** @param timeout of a request, with all of its answer */
    Shipper(Spool spool, Supplier<Optional<URI>> collector, TlsFiles tls, Duration timeout) {
        this.timeout = timeout;
        this.spool = spool;
        this.collector = collector;
        this.tls = tls;
        this.thread = Thread.ofPlatform().daemon().name("shipper").start(this::run);
    }

    /** There may be something to push. */
    public void wake() {
        wake.release();
    }

    /** How many events the collector does not have yet; all of them while it was not reached. */
    public long lag() {
        return spool.checkpoint().size() - Math.max(0, acknowledged.get());
    }

    /** Why the last push failed; empty when it did not. */
    public Optional<String> obstacle() {
        return Optional.ofNullable(obstacle.get());
    }

    private void run() {
        int failures = 0;
        try {
            while (true) {
                try {
                    final boolean pushed =
                            collector.get().isPresent() && push(collector.get().orElseThrow());
                    failures = 0;
                    if (obstacle.getAndSet(null) != null) {
                        LOG.info("the collector takes events again");
                    }
                    if (!pushed && draining) {
                        return;
                    }
                    if (!pushed) {
                        pause(IDLE);
                    }
                } catch (IOException | RuntimeException e) { // a fault on one answer must not keep all that follows
                    report(e);
                    if (draining) {
                        return;
                    }
                    Thread.sleep(backOff(failures++));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // close() has waited for long enough
        }
    }

    private void report(Exception e) {
        final String failure = e.toString();
        if (!failure.equals(obstacle.getAndSet(failure))) {
            LOG.warn("cannot push to {}, trying again: {}", collector.get().orElseThrow(), failure);
        }
    }

    private void pause(Duration atMost) throws InterruptedException {
        wake.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
        wake.drainPermits();
    }

    /** A random time up to a bound that doubles with each failure, so that sensors do not come back all at once. */
    private static Duration backOff(int failures) {
        final long bound =
                Math.min(LONGEST_BACKOFF.toMillis(), FIRST_BACKOFF.toMillis() << Math.min(failures, Byte.SIZE));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(bound / 2, bound + 1));
    }

    /** Pushes one batch; false when there was nothing to push. */
    private boolean push(URI to) throws IOException, InterruptedException {
        final Checkpoint now = spool.checkpoint();
        final long from = acknowledged.get();
        if (from == now.size()) {
            return false;
        }
        sendKeys(to); // before the events that they seal
        final LogReader log = LogReader.open(spool.directory());
        if (from != UNKNOWN && from < log.firstIndex()) {
            throw new IOException(
                    "the collector has " + from + " leaves of " + spool.name() + ", and had more: those before "
                            + log.firstIndex() + " are not on this node any more; put the collector's folder back");
        }
        final List<byte[]> entries = from == UNKNOWN ? List.of() : read(log, from, now.size());
        final long first = from == UNKNOWN ? now.size() : from;
        final long end = first + entries.size();
        final Checkpoint covering = end == now.size() ? now : spool.checkpoint(end);
        final HttpResponse<String> response = send(HttpRequest.newBuilder(to.resolve("/v1/logs/" + spool.name()))
                .header("Content-Type", "application/vnd.fourthlog.batch")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body(log, first, entries, covering))));
        final JsonNode answer = json(response);
        final long size = sizeAfter(response, answer, first, now.size());
        spool.sealer().forget(erased(answer));
        acknowledged.set(size);
        spool.acknowledged(size);
        return true;
    }

    private void sendKeys(URI to) throws IOException, InterruptedException {
        if (!spool.sealer().hasUnsent()) {
            return;
        }
        final String recipient = JSON.readTree(answer(
                        HttpRequest.newBuilder(to.resolve("/v1/recipient")).GET()))
                .path("public_key")
                .asText();
        try {
            while (spool.sealer().hasUnsent()) {
                final List<JsonNode> keys = spool.sealer().unsent(recipient);
                final ObjectNode body = JSON.createObjectNode();
                body.putArray("keys").addAll(keys);
                answer(HttpRequest.newBuilder(to.resolve("/v1/logs/" + spool.name() + "/subject-keys"))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body))));
                spool.sealer().sent(keys);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("the collector's public key is none: " + e.getMessage(), e);
        }
    }

    /** The client's own timeout ends with the head of an answer: what follows can be slow, or without end, as well. */
    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        final CompletableFuture<HttpResponse<String>> response = client().sendAsync(
                        request.timeout(timeout).build(),
                        HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), MOST_ANSWERED));
        try {
            return response.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException("the request failed", e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("the collector has not answered to the end within " + timeout.toSeconds() + " s", e);
        } finally {
            response.cancel(true); // if it is not done
        }
    }

    private String answer(HttpRequest.Builder request) throws IOException, InterruptedException {
        final HttpResponse<String> response = send(request);
        if (response.statusCode() != OK) {
            throw new IOException("the collector answers " + response.statusCode() + " "
                    + response.body().strip());
        }
        return response.body();
    }

    /** Keys that events of the batch are sealed with, and that were destroyed. */
    private static Set<String> erased(JsonNode answer) {
        final Set<String> erased = new HashSet<>();
        answer.path("erased").forEach(id -> erased.add(id.asText()));
        return erased;
    }

    private static long sizeAfter(HttpResponse<String> response, JsonNode answer, long first, long own)
            throws IOException {
        final JsonNode stated = answer.path("size");
        final long size = stated.canConvertToLong() ? stated.longValue() : UNKNOWN;
        final boolean stale = response.statusCode() == CONFLICT && size >= 0 && size != first && size <= own;
        final boolean stored = response.statusCode() == OK && size >= 0 && size <= own;
        if (stale || stored) {
            return size;
        }
        throw new IOException("the collector answers " + response.statusCode() + " "
                + response.body().strip());
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException e) {
            throw new IOException("the collector does not answer in JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static List<byte[]> read(LogReader log, long from, long to) throws IOException {
        final List<byte[]> entries = new ArrayList<>();
        long bytes = 0;
        for (long i = from; i < to && bytes < BATCH_BYTES; i++) {
            final byte[] entry = log.entry(i);
            entries.add(entry);
            bytes += entry.length;
        }
        return entries;
    }

    private static byte[] body(LogReader log, long first, List<byte[]> entries, Checkpoint checkpoint)
            throws IOException {
        final List<VerifierKey> keys = log.statedKeys();
        int signer = keys.size() - 1;
        while (signer >= 0 && checkpoint.note().signatures().stream().noneMatch(keys.get(signer)::matches)) {
            signer--;
        }
        if (signer < 0) {
            throw new IOException("the log's key has just changed");
        }
        int from = signer; // the key at the first entry
        while (from > 0 && log.successions().get(from - 1).index() >= first) {
            from--;
        }
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(bytes);
        final ObjectNode header = JSON.createObjectNode()
                .put("first", first)
                .put("count", entries.size())
                .put("vkey", keys.get(from).toString())
                .put("checkpoint", checkpoint.note().toString());
        for (final KeySuccession succession : log.successions().subList(from, signer)) {
            header.withArray("successions").add(succession.at().note().toString());
        }
        out.write(JSON.writeValueAsBytes(header));
        out.write('\n');
        for (final byte[] entry : entries) {
            out.writeInt(entry.length);
            out.write(entry);
        }
        return bytes.toByteArray();
    }

    /** A client with the certificates that are mounted now. */
    private HttpClient client() throws IOException {
        final List<FileTime> version = tls.version();
        HttpClient usable = client;
        if (usable == null || !version.equals(clientVersion)) {
            final HttpClient fresh = HttpClient.newBuilder()
                    .sslContext(tls.load())
                    .connectTimeout(CONNECT_TIMEOUT)
                    .version(HttpClient.Version.HTTP_1_1)
                    .build();
            if (usable != null) {
                usable.shutdown();
                LOG.info("the certificates changed and are in use");
            }
            usable = fresh;
            client = usable;
            clientVersion = version;
        }
        return usable;
    }

    /** Pushes what there is, and then stops. */
    public void drain() {
        draining = true;
        wake.release();
    }

    /** Pushes what there is, for so long at most, and stops. */
    public void close(Duration atMost) {
        drain();
        try {
            thread.join(atMost.isPositive() ? atMost : Duration.ofMillis(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
