package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.Secret;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/**
 * The period of validity of the certificate that sensors have.
 *
 * @param notBefore start
 * @param notAfter end
 */
record SensorCertificate(Instant notBefore, Instant notAfter) {

    /** Reads the certificate of a Secret; empty when there is none in it, so that a new one is issued. */
    static Optional<SensorCertificate> of(Secret secret) {
        String base64 = secret.getData() == null ? null : secret.getData().get("tls.crt");
        if (base64 == null || !secret.getData().containsKey("tls.key")) {
            return Optional.empty();
        }
        try {
            byte[] pem = Base64.getDecoder().decode(base64);
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
            return Optional.of(new SensorCertificate(
                    certificate.getNotBefore().toInstant(),
                    certificate.getNotAfter().toInstant()));
        } catch (CertificateException | IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    /** After two thirds of its life, so that a collector that is away for days does not see it expire. */
    Instant renewAt() {
        Duration life = Duration.between(notBefore, notAfter);
        return notBefore.plus(life.multipliedBy(2).dividedBy(3));
    }
}
