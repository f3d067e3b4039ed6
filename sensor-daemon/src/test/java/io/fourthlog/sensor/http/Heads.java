package io.fourthlog.sensor.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

/** Heads for tests of what reads them. */
public final class Heads {

    private Heads() {}

    public static HttpHead request(final String text) {
        return head(true, text);
    }

    public static HttpHead response(final String text) {
        return head(false, text);
    }

    private static HttpHead head(final boolean request, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        final HttpHead head = new HttpHead(request);
        assertThat(head.parse(bytes, bytes.length)).isTrue();
        return head;
    }
}
