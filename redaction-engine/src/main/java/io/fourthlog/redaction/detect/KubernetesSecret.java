package io.fourthlog.redaction.detect;

import java.util.List;

/** Manifests of Kubernetes Secrets: their data is base64 and no more than that. */
final class KubernetesSecret implements Detector {

    private static final ByteSet BASE64 = ByteSet.of("A-Za-z0-9+/=");
    private static final int MIN_VALUE = 8; // characters

    @Override
    public Documentation documentation() {
        return Documentation.of("secret:kubernetes-secret")
                .summary("Manifests of Kubernetes Secrets, YAML and JSON, with data in them")
                .validator("kind, data, base64")
                .source("https://kubernetes.io/docs/concepts/configuration/secret/")
                .finds(
                        "kind: Secret\nmetadata:\n  name: db\ndata:\n  password: " + "c3VwZXJzZWNyZXQ=\n",
                        "{\"kind\":\"Secret\",\"data\":{\"token\":\"" + "YWJjZGVmZ2hpams=\"}}")
                .passes(
                        "kind: Secret\nmetadata:\n  name: db\n",
                        "kind: SecretStore\ndata:\n  a: YWJjZGVmZ2hpams=",
                        "kind: Secret\ndata: {}\n",
                        "kind: Secret\nmetadata:\n  name: pull-auth-data\n");
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(
                Anchor.literal("kind: Secret"),
                Anchor.literal("\"kind\":\"Secret\""),
                Anchor.literal("\"kind\": \"Secret\""));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int i = at;
        while (text[i] != 'S') {
            i++;
        }
        i += "Secret".length();
        if (Bytes.is(text, from, to, i, Bytes.WORD)) {
            return Span.NONE;
        }
        while (i < to && !(Bytes.startsWith(text, i, to, "data") && Bytes.beginsAt(text, from, i, Bytes.BASE64URL))) {
            i++;
        }
        i += "data".length();
        int colons = 0;
        for (; i < to; i++) {
            if (text[i] == ':' && ++colons > 1) {
                int value = i + 1;
                while (value < to && (text[value] == ' ' || text[value] == '"')) {
                    value++;
                }
                int end = value;
                while (end < to && BASE64.has(text[end])) {
                    end++;
                }
                if (end - value >= MIN_VALUE && (end - value) % 4 == 0) {
                    return Span.of(value, end);
                }
            }
        }
        return Span.NONE;
    }
}
