package io.fourthlog.operator.auditednamespace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the Leases of the sensors and watches them for ever after, in protobuf and in gulps: what the API server sends in {@link #PAUSE} waits
 * in the socket, and is then read at once. An informer, which wakes up for each event and makes an object of it, takes ten times as much.
 * The connection is HTTP/1.1 and has nothing else in it, because one that is shared would have to be read all the time.
 */
final class LeaseWatch implements AutoCloseable {

    /** What there is to be known; called by one thread at a time. */
    interface Listener {
        void listed(List<WireLease> leases) throws IOException;

        void changed(WireLease lease) throws IOException;

        void deleted(WireLease lease);
    }

    private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";

    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration ATTENTION = Duration.ofSeconds(2); // as long as sensors take to answer, and more
    private static final long GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(2); // after which nothing more is waiting

    /** At least, and twice that at most, so that watches do not all end at once. */
    private static final int WATCH_SECONDS = 300;

    private static final Duration GRACE = Duration.ofSeconds(30); // for the API server to end it
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(LeaseWatch.class);

    private final HttpClient http;
    private final String url;
    private final Listener listener;
    private @Nullable Thread thread;
    private volatile String version = "";
    private volatile boolean watching;
    private volatile long attentiveUntil = System.nanoTime();
    private volatile @Nullable Reader reader;

    /** @param labels selector of the Leases */
    LeaseWatch(KubernetesClient client, String namespace, String labels, Listener listener) {
        this.http = HttpClientUtils.getHttpClientFactory()
                .newBuilder(client.getConfiguration())
                .preferHttp11()
                .build();
        this.url = client.getMasterUrl() + "apis/coordination.k8s.io/v1/namespaces/" + namespace
                + "/leases?labelSelector=" + URLEncoder.encode(labels, US_ASCII);
        this.listener = listener;
    }

    /**
     * Returns when everything that there is has been listed.
     *
     * @throws KubernetesClientException when it could not be
     */
    void start() {
        try {
            list();
        } catch (IOException | ExecutionException e) {
            throw KubernetesClientException.launderThrowable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw KubernetesClientException.launderThrowable(e);
        }
        thread = Thread.ofPlatform().daemon().name("lease-watch").start(this::run);
    }

    /** For a moment reads everything as it comes, because somebody waits for an answer. */
    void expect() {
        attentiveUntil = System.nanoTime() + ATTENTION.toNanos();
        Reader current = reader;
        if (current != null) {
            current.goOn();
        }
    }

    boolean isWatching() {
        return watching;
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
        http.close();
    }

    private void run() {
        Duration retry = Duration.ZERO;
        try {
            while (!Thread.interrupted()) {
                long began = System.nanoTime();
                try {
                    if (version.isEmpty()) {
                        list();
                    }
                    watch();
                } catch (IOException | ExecutionException | RuntimeException e) {
                    LOG.info("the watch of the sensors' Leases ended, trying again: {}", e.getMessage());
                }
                watching = false;
                retry = System.nanoTime() - began > LONGEST_RETRY.toNanos() ? Duration.ZERO : longer(retry);
                Thread.sleep(retry);
            }
        } catch (InterruptedException e) {
            LOG.debug("the watch of the sensors' Leases is closed");
        }
    }

    private static Duration longer(Duration retry) {
        Duration next = retry.multipliedBy(2).plusMillis(100);
        return next.compareTo(LONGEST_RETRY) < 0 ? next : LONGEST_RETRY;
    }

    private void list() throws IOException, ExecutionException, InterruptedException {
        HttpRequest request = http.newHttpRequestBuilder()
                .uri(url + "&resourceVersion=0")
                .header("Accept", PROTOBUF)
                .build();
        HttpResponse<byte[]> response = http.sendAsync(request, byte[].class).get();
        check(response.code(), request);
        WireLease.Listed listed = WireLease.readList(Envelope.open(response.body()));
        listener.listed(listed.leases());
        version = listed.version();
    }

    /** Returns when the API server ends it. */
    private void watch() throws IOException, ExecutionException, InterruptedException {
        int seconds = ThreadLocalRandom.current().nextInt(WATCH_SECONDS, 2 * WATCH_SECONDS);
        HttpRequest request = http.newHttpRequestBuilder()
                .uri(url + "&watch=true&allowWatchBookmarks=true&timeoutSeconds=" + seconds + "&resourceVersion="
                        + version)
                .header("Accept", PROTOBUF + ";stream=watch")
                .forStreaming()
                .build();
        Reader current = new Reader();
        reader = current;
        HttpResponse<AsyncBody> response = http.consumeBytes(request, current).get();
        AsyncBody body = response.body();
        try {
            if (response.code() == HttpURLConnection.HTTP_GONE) {
                version = "";
            }
            check(response.code(), request);
            watching = true;
            current.ask(body, 1);
            long end =
                    System.nanoTime() + Duration.ofSeconds(seconds).plus(GRACE).toNanos();
            while (!isDone(body)) {
                if (System.nanoTime() - end > 0) {
                    throw new IOException("the API server is silent");
                }
                current.goOn();
            }
        } finally {
            current.over = true;
            body.cancel();
        }
    }

    private static boolean isDone(AsyncBody body) throws ExecutionException, InterruptedException {
        Thread.sleep(PAUSE); // a wait with a timeout throws at the end of each
        if (!body.done().isDone()) { // as long as it lasts
            return false;
        }
        body.done().get(); // or throws why it ended
        return true;
    }

    private static void check(int code, HttpRequest request) {
        if (!HttpResponse.isSuccessful(code)) {
            throw new KubernetesClientException(
                    "GET " + request.uri().getPath() + " was answered with " + code,
                    code,
                    new StatusBuilder().withCode(code).build());
        }
    }

    /** Takes the frames of one watch apart, each with its length before it. */
    private final class Reader implements AsyncBody.Consumer<List<ByteBuffer>> {

        private static final int LENGTH_BYTES = 4;
        private static final int MOST_AHEAD = 256; // what is asked for and does not wait comes one by one
        private static final int MAX_FRAME_BYTES = 4 << 20; // an object has at most 1.5 MiB in etcd

        private byte[] buffer = new byte[1 << 16];
        private int filled;
        private boolean rested;
        private long last;
        private int together; // events of this gulp that had waited
        private final AtomicInteger ahead = new AtomicInteger(); // asked for, and not here yet
        private volatile boolean over;
        private final AtomicReference<@Nullable AsyncBody> resting = new AtomicReference<>();

        @Override
        public void consume(List<ByteBuffer> arrived, AsyncBody body) throws IOException {
            if (over) { // and what is known may be newer already
                return;
            }
            for (ByteBuffer bytes : arrived) {
                append(bytes);
            }
            readFrames();
            long now = System.nanoTime();
            boolean waited = now - last < GAP_NANOS; // in the socket, with the one before
            boolean more = rested || waited || now - attentiveUntil < 0;
            if (rested) {
                together = 1;
            } else if (waited && together < MOST_AHEAD) {
                together++;
            }
            rested = false;
            last = now;
            if (ahead.decrementAndGet() > 0) {
                return;
            }
            if (more) {
                ask(body, 1);
            } else {
                rested = true;
                resting.set(body);
            }
        }

        void goOn() {
            AsyncBody body = resting.getAndSet(null);
            if (body != null) {
                ask(body, 1 + together * 3 / 4); // about as many wait now; asking for each alone costs more
            }
        }

        void ask(AsyncBody body, int items) {
            ahead.addAndGet(items);
            for (int i = 0; i < items; i++) {
                body.consume();
            }
        }

        private void append(ByteBuffer bytes) {
            int length = bytes.remaining();
            if (buffer.length - filled < length) {
                buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, filled + length));
            }
            bytes.get(buffer, filled, length);
            filled += length;
        }

        private void readFrames() throws IOException {
            int position = 0;
            while (filled - position >= LENGTH_BYTES) {
                int length = ByteBuffer.wrap(buffer).getInt(position);
                if (length < 0 || length > MAX_FRAME_BYTES) {
                    throw new IOException("no frame of a watch has " + length + " bytes");
                }
                int end = position + LENGTH_BYTES + length;
                if (end > filled) {
                    break;
                }
                read(Envelope.event(buffer, position + LENGTH_BYTES, length));
                position = end;
            }
            System.arraycopy(buffer, position, buffer, 0, filled - position);
            filled -= position;
        }

        private void read(Envelope.Event told) throws IOException {
            if (told.type().equals("ERROR")) {
                version = "";
                throw new IOException(Envelope.message(told.object()));
            }
            WireLease lease = WireLease.read(told.object());
            switch (told.type()) {
                case "ADDED", "MODIFIED" -> listener.changed(lease);
                case "DELETED" -> listener.deleted(lease);
                case "BOOKMARK" -> {}
                default -> throw new IOException("a watch tells of no " + told.type());
            }
            version = lease.version();
        }
    }
}
