package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.timestamp.Token;
import io.fourthlog.trail.timestamp.TokenException;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;

/** Asks a timestamping authority: the client of RFC 3161 over HTTP, which waits and reads no more than is agreed. */
final class TimestampAuthority {

    private static final Duration TIMEOUT = Duration.ofSeconds(20); // for all of an answer
    private static final int NONCE_BITS = 64;
    private static final int OK = 200;

    private final URI url;
    private final List<X509Certificate> trusted;
    private final Duration timeout;
    private final SecureRandom random = new SecureRandom();
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    /**
     * An authority.
     *
     * @param trusted who has to have certified its tokens' signer; may be none
     * @param timeout for all of an answer
     */
    TimestampAuthority(URI url, List<X509Certificate> trusted, Duration timeout) {
        this.url = url;
        this.trusted = List.copyOf(trusted);
        this.timeout = timeout;
    }

    /**
     * An authority as the command line names it.
     *
     * @throws UsageException when it is not an http or https URL
     */
    static TimestampAuthority of(String text, List<X509Certificate> trusted) throws UsageException {
        try {
            final URI url = URI.create(text);
            if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
                throw new UsageException("--timestamp-authority " + text + ": write http:// or https://, and a host");
            }
            return new TimestampAuthority(url, trusted, TIMEOUT);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--timestamp-authority " + text + ": " + e.getMessage(), e);
        }
    }

    URI url() {
        return url;
    }

    /**
     * Has data stamped.
     *
     * @return a token that holds, in DER
     * @throws IOException when the authority does not answer in time
     * @throws TokenException when it does not stamp, or its token does not hold
     */
    byte[] stamp(byte[] data) throws IOException, TokenException, InterruptedException {
        final byte[] nonce = new byte[NONCE_BITS / Byte.SIZE];
        random.nextBytes(nonce);
        final TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
        generator.setCertReq(true); // a token proves something to those only who have the certificate
        final TimeStampRequest request = generator.generate(
                NISTObjectIdentifiers.id_sha256, Hash.sha256(data).bytes(), new BigInteger(1, nonce));
        try {
            final TimeStampResponse response = response(send(request.getEncoded()));
            if (response.getTimeStampToken() == null) {
                throw new TokenException(
                        "it refuses: status " + response.getStatus() + " " + response.getStatusString());
            }
            response.validate(request); // nonce, imprint, and that it was granted
            final byte[] token = response.getTimeStampToken().getEncoded();
            Token.verify(token, data, trusted);
            return token;
        } catch (TSPException e) {
            throw new TokenException("its answer is none to the question: " + e.getMessage());
        } catch (RuntimeException e) { // how Bouncy Castle answers some of what is no DER, or not of the right types
            throw new TokenException("its answer is no timestamp: " + e.getMessage());
        }
    }

    private static TimeStampResponse response(byte[] answer) throws TSPException {
        try {
            return new TimeStampResponse(answer);
        } catch (IOException e) {
            throw new TSPException("it is not DER", e);
        }
    }

    private byte[] send(byte[] request) throws IOException, InterruptedException {
        final CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(
                HttpRequest.newBuilder(url)
                        .header("Content-Type", "application/timestamp-query")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(request))
                        .build(),
                HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), Token.MAX_LENGTH));
        try {
            final HttpResponse<byte[]> response = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != OK) {
                throw new IOException("it answers " + response.statusCode());
            }
            return response.body();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("it does not answer within " + timeout.toSeconds() + " s", e);
        } finally {
            answer.cancel(true);
        }
    }
}
