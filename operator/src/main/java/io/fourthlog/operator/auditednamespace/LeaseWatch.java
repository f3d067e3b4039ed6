package io.fourthlog.operator.auditednamespace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the Leases of the sensors and watches them for ever after, in protobuf and in gulps: what the API server sends in {@link #PAUSE} waits
 * in the socket, and is then read at once. An informer, which wakes up for each event and makes an object of it, takes ten times as much, and
 * the JDK's asynchronous client, which has a pipeline of stages for each piece, twice as much as its old one that reads from a stream.
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
    private static final long GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(2); // what takes longer did not wait

    /** At least, and twice that at most, so that watches do not all end at once. */
    private static final int WATCH_SECONDS = 300;

    private static final Duration CONNECT = Duration.ofSeconds(10);

    /** The API server sends a bookmark each minute, if nothing else. */
    private static final Duration SILENCE = Duration.ofSeconds(150);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(LeaseWatch.class);

    private final Config config;
    private final SSLSocketFactory tls;
    private final String url;
    private final Listener listener;
    private @Nullable Thread thread;
    private volatile String version = "";
    private volatile boolean watching;
    private volatile long attentiveUntil = System.nanoTime();

    /** @param labels selector of the Leases */
    LeaseWatch(KubernetesClient client, String namespace, String labels, Listener listener) {
        this.config = client.getConfiguration();
        this.tls = tls(config);
        this.url = client.getMasterUrl() + "apis/coordination.k8s.io/v1/namespaces/" + namespace
                + "/leases?labelSelector=" + URLEncoder.encode(labels, US_ASCII);
        this.listener = listener;
    }

    private static SSLSocketFactory tls(Config config) {
        try {
            return SSLUtils.sslContext(config).getSocketFactory();
        } catch (IOException | GeneralSecurityException e) {
            throw KubernetesClientException.launderThrowable(e);
        }
    }

    /**
     * Returns when everything that there is has been listed.
     *
     * @throws KubernetesClientException when it could not be
     */
    void start() {
        try {
            list();
        } catch (IOException e) {
            throw KubernetesClientException.launderThrowable(e);
        }
        thread = Thread.ofVirtual().name("lease-watch").start(this::run); // in which an interrupt ends a read
    }

    /** For a moment reads everything as it comes, because somebody waits for an answer. */
    void expect() {
        attentiveUntil = System.nanoTime() + ATTENTION.toNanos();
        LockSupport.unpark(thread);
    }

    boolean isWatching() {
        return watching;
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
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
                } catch (IOException | RuntimeException e) {
                    if (Thread.currentThread().isInterrupted()) {
                        break;
                    }
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

    private void list() throws IOException {
        HttpURLConnection connection = ask("&resourceVersion=0", PROTOBUF);
        try (InputStream in = connection.getInputStream()) {
            WireLease.Listed listed = WireLease.readList(Envelope.open(in.readAllBytes()));
            listener.listed(listed.leases());
            version = listed.version();
        }
    }

    /** Returns when the API server ends it. */
    private void watch() throws IOException, InterruptedException {
        int seconds = ThreadLocalRandom.current().nextInt(WATCH_SECONDS, 2 * WATCH_SECONDS);
        HttpURLConnection connection = ask(
                "&watch=true&allowWatchBookmarks=true&timeoutSeconds=" + seconds + "&resourceVersion=" + version,
                PROTOBUF + ";stream=watch");
        try (InputStream in = connection.getInputStream()) {
            watching = true;
            Frames frames = new Frames();
            long before = System.nanoTime();
            while (frames.read(in)) {
                long now = System.nanoTime();
                if (now - before > GAP_NANOS && now - attentiveUntil > 0) { // nothing more waits
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                before = System.nanoTime();
            }
        } finally {
            connection.disconnect();
        }
    }

    private HttpURLConnection ask(String parameters, String accept) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + parameters).toURL().openConnection();
        if (connection instanceof HttpsURLConnection https) {
            https.setSSLSocketFactory(tls);
        }
        connection.setConnectTimeout((int) CONNECT.toMillis());
        connection.setReadTimeout((int) SILENCE.toMillis());
        connection.setRequestProperty("Accept", accept);
        connection.setRequestProperty("User-Agent", config.getUserAgent());
        token().ifPresent(token -> connection.setRequestProperty("Authorization", "Bearer " + token));
        int code = connection.getResponseCode();
        if (code != HttpURLConnection.HTTP_OK) {
            connection.disconnect();
            if (code == HttpURLConnection.HTTP_GONE) {
                version = "";
            }
            throw new KubernetesClientException(
                    "GET " + connection.getURL().getPath() + " was answered with " + code,
                    code,
                    new StatusBuilder().withCode(code).build());
        }
        return connection;
    }

    /** The one with which the client asks, which it renews; there is none where it shows a certificate. */
    private Optional<String> token() {
        return Stream.of(
                        config.getOauthTokenProvider() == null
                                ? ""
                                : config.getOauthTokenProvider().getToken(),
                        config.getOauthToken(),
                        config.getAutoOAuthToken())
                .filter(token -> token != null && !token.isEmpty())
                .findFirst();
    }

    /** Takes the frames of one watch apart, each with its length before it. */
    private final class Frames {

        private static final int LENGTH_BYTES = 4;
        private static final int MAX_FRAME_BYTES = 4 << 20; // an object has at most 1.5 MiB in etcd

        private byte[] buffer = new byte[1 << 16];
        private int filled;

        /** Reads what is there, or waits for more; false at the end. */
        boolean read(InputStream in) throws IOException {
            if (filled == buffer.length) {
                buffer = Arrays.copyOf(buffer, 2 * buffer.length);
            }
            int length = in.read(buffer, filled, buffer.length - filled);
            if (length < 0) {
                return false;
            }
            filled += length;
            takeApart();
            return true;
        }

        private void takeApart() throws IOException {
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
                hear(Envelope.event(buffer, position + LENGTH_BYTES, length));
                position = end;
            }
            System.arraycopy(buffer, position, buffer, 0, filled - position);
            filled -= position;
        }

        private void hear(Envelope.Event told) throws IOException {
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
