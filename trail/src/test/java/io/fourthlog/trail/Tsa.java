package io.fourthlog.trail;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cmp.PKIFailureInfo;
import org.bouncycastle.asn1.cmp.PKIStatus;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampTokenGenerator;

/** A timestamping authority on loopback, certified by its own root: RFC 3161 over HTTP, and what goes wrong with that. */
public final class Tsa implements AutoCloseable {

    private static final Duration LIFE = Duration.ofDays(30);
    private static final ASN1ObjectIdentifier POLICY = new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1");

    private final X509Certificate root;
    private final X509Certificate certificate;
    private final PrivateKey key;
    private final HttpServer server;
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger requests = new AtomicInteger();
    private volatile Mood mood = Mood.HONEST;

    /** What it does when it is asked. */
    public enum Mood {
        HONEST,
        STAMPS_SOMETHING_ELSE,
        REFUSES,
        ANSWERS_NONSENSE,
        ANSWERS_ANOTHER_TYPE_OF_DER,
        ANSWERS_WITHOUT_END,
        FAILS,
        KEEPS_SILENT
    }

    /** An authority with certificates that are valid now. */
    public Tsa() throws Exception {
        this(Instant.now().minus(LIFE), Instant.now().plus(LIFE), Instant.now().plus(LIFE));
    }

    /**
     * An authority.
     *
     * @param from when its certificates begin
     * @param to when its own ends
     * @param rootTo when its root's ends
     */
    public Tsa(Instant from, Instant to, Instant rootTo) throws Exception {
        final KeyPair rootKeys = newKeys();
        final KeyPair keys = newKeys();
        final X500Principal rootName = new X500Principal("CN=Example Root");
        root = sign(
                builder(rootName, rootName, rootKeys, from, rootTo)
                        .addExtension(Extension.basicConstraints, true, new BasicConstraints(true)),
                rootKeys);
        certificate = sign(
                builder(rootName, new X500Principal("CN=Example Timestamps"), keys, from, to)
                        .addExtension(
                                Extension.extendedKeyUsage,
                                true,
                                new ExtendedKeyUsage(KeyPurposeId.id_kp_timeStamping)),
                rootKeys);
        key = keys.getPrivate();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        final KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static X509v3CertificateBuilder builder(
            X500Principal issuer, X500Principal subject, KeyPair of, Instant from, Instant to) {
        return new JcaX509v3CertificateBuilder(
                issuer, BigInteger.valueOf(System.nanoTime()), Date.from(from), Date.from(to), subject, of.getPublic());
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair by) throws Exception {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(by.getPrivate())));
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/tsa");
    }

    public X509Certificate root() {
        return root;
    }

    /** Writes the root as PEM. */
    public Path root(Path file) throws IOException {
        final StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(root);
        }
        return Files.writeString(file, text.toString());
    }

    public void mood(Mood now) {
        mood = now;
    }

    /** Waits until somebody has asked. */
    public void awaitQuestion() throws InterruptedException {
        asked.await();
    }

    /** How often it was asked. */
    public int requests() {
        return requests.get();
    }

    /** A token over data. */
    public byte[] stamp(byte[] data, Instant at) throws Exception {
        final TimeStampRequestGenerator request = new TimeStampRequestGenerator();
        request.setCertReq(true);
        return generator()
                .generate(
                        request.generate(
                                NISTObjectIdentifiers.id_sha256,
                                MessageDigest.getInstance("SHA-256").digest(data)),
                        BigInteger.ONE,
                        Date.from(at))
                .getEncoded();
    }

    private TimeStampTokenGenerator generator() throws Exception {
        final TimeStampTokenGenerator generator = new TimeStampTokenGenerator(
                new JcaSimpleSignerInfoGeneratorBuilder().build("SHA256withRSA", key, certificate),
                new JcaDigestCalculatorProviderBuilder()
                        .build()
                        .get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256)),
                POLICY);
        generator.addCertificates(new JcaCertStore(List.of(certificate)));
        return generator;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            final byte[] question = exchange.getRequestBody().readAllBytes();
            requests.incrementAndGet();
            asked.countDown();
            switch (mood) {
                case HONEST -> send(exchange, 200, responseTo(new TimeStampRequest(question)));
                case STAMPS_SOMETHING_ELSE -> send(exchange, 200, responseTo(other(question)));
                case REFUSES -> send(exchange, 200, refusal());
                case ANSWERS_NONSENSE -> send(exchange, 200, "<html>login</html>".getBytes(StandardCharsets.UTF_8));
                case ANSWERS_ANOTHER_TYPE_OF_DER -> send(exchange, 200, root.getEncoded());
                case ANSWERS_WITHOUT_END -> {
                    exchange.sendResponseHeaders(200, 0);
                    final OutputStream out = exchange.getResponseBody();
                    while (true) {
                        out.write(new byte[4096]);
                    }
                }
                case FAILS -> send(exchange, 500, new byte[0]);
                case KEEPS_SILENT -> released.await();
            }
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private byte[] refusal() throws Exception {
        return new TimeStampResponseGenerator(generator(), TSPAlgorithms.ALLOWED)
                .generateFailResponse(PKIStatus.REJECTION, PKIFailureInfo.timeNotAvailable, "not today")
                .getEncoded();
    }

    private byte[] responseTo(TimeStampRequest question) throws Exception {
        return new TimeStampResponseGenerator(generator(), TSPAlgorithms.ALLOWED)
                .generate(question, BigInteger.valueOf(requests.get()), Date.from(Instant.now()))
                .getEncoded();
    }

    private static TimeStampRequest other(byte[] question) throws Exception {
        final TimeStampRequestGenerator other = new TimeStampRequestGenerator();
        other.setCertReq(true);
        return other.generate(NISTObjectIdentifiers.id_sha256, new byte[32], new TimeStampRequest(question).getNonce());
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/timestamp-reply");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        released.countDown();
        server.stop(0);
    }
}
