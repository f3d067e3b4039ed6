package io.fourthlog.sensor.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

/** Heads for tests of what reads them. */
public final class Heads {

    private Heads() {}

    public static HttpHead request(final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        final HttpHead head = new HttpHead(true);
        assertThat(head.parse(bytes, bytes.length)).isTrue();
        return head;
    }
}
