package io.fourthlog.trail.timestamp;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampToken;

/**
 * Checks an RFC 3161 token: its signature, its imprint, and that its signer was certified by an authority that is trusted, at the
 * time that it states. Whether a certificate was revoked is not asked: that takes a network, and the answer of that day.
 */
public final class Token {

    /** No token is longer, in bytes: it carries a few certificates. */
    public static final int MAX_LENGTH = 64 << 10;

    private static final Map<String, String> DIGESTS = Map.of(
            NISTObjectIdentifiers.id_sha256.getId(), "SHA-256",
            NISTObjectIdentifiers.id_sha384.getId(), "SHA-384",
            NISTObjectIdentifiers.id_sha512.getId(), "SHA-512");

    private Token() {}

    /**
     * What a token that holds says.
     *
     * @param at the time of the authority, at which the data existed
     * @param authority the subject of the certificate that signed
     * @param trusted whether that certificate leads to one that is trusted; if not, anybody may have signed
     */
    public record Stated(Instant at, String authority, boolean trusted) {}

    /**
     * Checks a token.
     *
     * @param token DER of a CMS ContentInfo, with the signer's certificate in it
     * @param data what has to have existed
     * @param trusted authorities; with none, only the signature is checked, and what comes of it is not trusted
     * @throws TokenException when it does not hold
     */
    public static Stated verify(byte[] token, byte[] data, Collection<X509Certificate> trusted) throws TokenException {
        if (token.length > MAX_LENGTH) {
            throw new TokenException("a token has at most " + MAX_LENGTH + " bytes, not " + token.length);
        }
        try {
            return verify(new TimeStampToken(new CMSSignedData(token)), data, trusted);
        } catch (TSPException | CMSException | IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new TokenException("the token does not hold: " + e.getMessage());
        } catch (RuntimeException e) { // how Bouncy Castle answers some of what is no DER, or not of the right types
            throw new TokenException("it is no token: " + e.getMessage());
        }
    }

    private static Stated verify(TimeStampToken token, byte[] data, Collection<X509Certificate> trusted)
            throws TokenException, TSPException, GeneralSecurityException, OperatorCreationException {
        final String digest =
                DIGESTS.get(token.getTimeStampInfo().getMessageImprintAlgOID().getId());
        if (digest == null) {
            throw new TokenException("its imprint is not by SHA-256, SHA-384 or SHA-512");
        }
        if (!MessageDigest.isEqual(
                MessageDigest.getInstance(digest).digest(data),
                token.getTimeStampInfo().getMessageImprintDigest())) {
            throw new TokenException("it is of something else: its imprint is another");
        }
        final List<X509Certificate> carried = new ArrayList<>();
        X509CertificateHolder signer = null;
        for (final X509CertificateHolder holder : token.getCertificates().getMatches(null)) {
            carried.add(new JcaX509CertificateConverter().getCertificate(holder));
            signer = token.getSID().match(holder) ? holder : signer;
        }
        if (signer == null) {
            throw new TokenException("it does not carry the certificate of its signer");
        }
        token.validate(
                new JcaSimpleSignerInfoVerifierBuilder().build(signer)); // also its purpose, and its validity then
        final X509Certificate certificate = new JcaX509CertificateConverter().getCertificate(signer);
        final Date at = token.getTimeStampInfo().getGenTime();
        if (!trusted.isEmpty()) {
            requireChain(certificate, carried, trusted, at);
        }
        return new Stated(at.toInstant(), certificate.getSubjectX500Principal().getName(), !trusted.isEmpty());
    }

    /** A certificate counts as of the time at which it signed: an authority's own keys end, and what it said stays said. */
    private static void requireChain(
            X509Certificate signer, List<X509Certificate> carried, Collection<X509Certificate> trusted, Date at)
            throws TokenException, GeneralSecurityException {
        if (trusted.contains(signer)) {
            return;
        }
        final X509CertSelector target = new X509CertSelector();
        target.setCertificate(signer);
        final PKIXBuilderParameters parameters = new PKIXBuilderParameters(
                trusted.stream().map(ca -> new TrustAnchor(ca, null)).collect(Collectors.toSet()), target);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(carried)));
        parameters.setDate(at);
        parameters.setRevocationEnabled(false);
        try {
            final PKIXCertPathBuilderResult path = (PKIXCertPathBuilderResult)
                    CertPathBuilder.getInstance("PKIX").build(parameters);
            path.getTrustAnchor().getTrustedCert().checkValidity(at); // PKIX leaves that to us
        } catch (GeneralSecurityException e) {
            throw new TokenException("its signer, "
                    + signer.getSubjectX500Principal().getName() + ", was not certified by a trusted authority at "
                    + at.toInstant() + ": " + e.getMessage());
        }
    }
}
