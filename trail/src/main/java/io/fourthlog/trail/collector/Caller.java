package io.fourthlog.trail.collector;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Who is at the other end, by the common name of a certificate that the TLS handshake has verified. */
sealed interface Caller {

    /**
     * {@code CN=sensor:NAMESPACE}: pushes the logs of sensors of that namespace, and reads nothing.
     *
     * @param namespace the audited namespace
     */
    record Sensor(String namespace) implements Caller {}

    /**
     * {@code CN=reader:NAME}: reads everything, and pushes nothing.
     *
     * @param name whoever it was issued to
     */
    record Reader(String name) implements Caller {}

    /**
     * Any other certificate of the authority: may do nothing.
     *
     * @param subject of the certificate
     */
    record Stranger(String subject) implements Caller {}

    Pattern ROLE = Pattern.compile("(sensor|reader):([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)");

    /** The caller with this certificate. */
    static Caller of(X509Certificate certificate) {
        final String subject = certificate.getSubjectX500Principal().getName();
        final Matcher role = ROLE.matcher(commonName(subject));
        if (!role.matches()) {
            return new Stranger(subject);
        }
        return role.group(1).equals("sensor") ? new Sensor(role.group(2)) : new Reader(role.group(2));
    }

    /** The common name; none when there are several, of which one would have to be believed. */
    private static String commonName(String subject) {
        try {
            final List<Rdn> names = new LdapName(subject)
                    .getRdns().stream()
                            .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
                            .toList();
            return names.size() == 1
                            && names.getFirst().size() == 1
                            && names.getFirst().getValue() instanceof String name
                    ? name
                    : "";
        } catch (InvalidNameException e) {
            return "";
        }
    }

    /** For people. */
    default String describe() {
        return switch (this) {
            case Sensor sensor -> "sensor:" + sensor.namespace();
            case Reader reader -> "reader:" + reader.name();
            case Stranger stranger -> stranger.subject();
        };
    }
}
