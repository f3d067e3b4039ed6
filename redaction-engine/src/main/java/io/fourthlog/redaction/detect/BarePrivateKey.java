package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.Stream;

/**
 * The base64 of a private key whose header is lost, broken or somewhere else, by how the encoding of each kind of key begins: RSA and DSA
 * (RFC 8017), elliptic curves (RFC 5915), PKCS#8 plain and encrypted (RFC 5958), PKCS#12 (RFC 7292), OpenSSH. Certificates, requests and
 * public keys begin otherwise.
 */
final class BarePrivateKey implements Detector {

    private static final ByteSet BASE64 = ByteSet.of("A-Za-z0-9+/");
    private static final int MIN_KEY = 48; // characters
    private static final int LABEL_REACH = 48; // bytes before it in which a header ends
    private static final String LABEL = "PRIVATE KEY-----";
    private static final String LONG = "MII"; // a sequence with two bytes of length
    private static final int VERSION = 6; // characters from that to the version

    /** What follows a sequence of whatever length: a version, and what the kind of key has next. */
    private static final List<String> VERSIONS = List.of("IBAAK", "IBAAJ", "IBADA", "IBAzC");

    /** How other keys begin, with their length. */
    private static final List<String> BEGINNINGS = List.of(
            "MHcCAQEEI", // P-256
            "MIGkAgEBBDA", // P-384
            "MIHcAgEBBEI", // P-521
            "MIGHAgEAMBMGByqGSM49", // P-256 in PKCS#8
            "MIG2AgEAMBAGByqGSM49", // P-384 in PKCS#8
            "MIHuAgEAMBAGByqGSM49", // P-521 in PKCS#8
            "MC4CAQAwBQYDK2Vw", // Ed25519
            "b3BlbnNzaC1rZXktdjE"); // OpenSSH

    @Override
    public Documentation documentation() {
        return Documentation.of("secret:private-key")
                .summary("The base64 of private keys (PKCS#1, SEC 1, PKCS#8, PKCS#12, OpenSSH) without a header")
                .validator("beginning of the DER encoding")
                .source("https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2")
                .finds(
                        "key: MIIEpAIBAAKCAQEA" + "1c7+9z5Pad7OejecsQ0buRz/j0mZx8Kq2vLw5tYn",
                        "    MIIEvQIBADANBgkqhkiG\n    " + "9w0BAQEFAASCBKcwggSjAgEAAoIBAQDVzv73",
                        "MHcCAQEEIJ1hsZ3v7VpguoRK9JLsLMREScVpezJp" + "GXA7rAMawbEBoAoGCCqGSM49AwEHoUQDQgAE")
                .passes(
                        "MIIBszCCAVmgAwIBAgIUBnDg1Ewq0X1y0b8f2ZxvTgMIIBszCCAVmgAwIBAgIU",
                        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1c7+9z5Pad7OejecsQ0b",
                        "MIIEpAIBAAKCAQEA");
    }

    @Override
    public List<Anchor> anchors() {
        return Stream.concat(
                        VERSIONS.stream().map(Anchor::literal),
                        BEGINNINGS.stream().map(Anchor::prefix))
                .toList();
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int start = Bytes.startsWith(text, at, to, "IBA") ? at - VERSION : at;
        if (start < from
                || (start < at && !Bytes.startsWith(text, start, to, LONG))
                || !Bytes.beginsAt(text, from, start, Bytes.ALNUM | Bytes.BASE64)
                || hasHeader(text, from, start)) {
            return Span.NONE;
        }
        long run = Lines.run(text, start, to, BASE64, Integer.MAX_VALUE);
        return Span.start(run) >= MIN_KEY ? Span.of(start, Span.end(run)) : Span.NONE;
    }

    /** Whether it is found by its header. */
    private static boolean hasHeader(byte[] text, int from, int start) {
        for (int i = Math.max(from, start - LABEL_REACH); i < start; i++) {
            if (Bytes.startsWith(text, i, start, LABEL)) {
                return true;
            }
        }
        return false;
    }
}
