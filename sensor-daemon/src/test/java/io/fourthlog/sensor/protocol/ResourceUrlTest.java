package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.database.DatabaseListener;
import io.fourthlog.sensor.http.Connection;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourceUrlTest {
    private static String url(final String target, final String host, final boolean plain) {
        final String[] url = {""};
        final byte[] head =
                ("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        new Connection(new MemoryBudget(1 << 20), Limits.DEFAULT, new Connection.Listener() {
                    @Override
                    public @Nullable Exchange request(final HttpHead request) {
                        try (ResourceUrl each = ResourceUrl.of(request, plain)) {
                            url[0] = each.masked(List.of());
                        }
                        return null;
                    }

                    @Override
                    public DatabaseListener database(final Database database) {
                        throw new IllegalStateException("taken for a connection with " + database);
                    }

                    @Override
                    public void gap(final GapCause cause, final long missingBytes) {
                        url[0] = cause.errorClass();
                    }
                })
                .sent(0, head, head.length);
        return url[0];
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/a/b /a/b",
                "/ /",
                "* /",
                "/a?b=c#d /a",
                "/a#b /a",
                "/a/./b /a/b",
                "/a/../b /b",
                "/a/b/.. /a/",
                "/a/. /a/",
                "/../../a /a",
                "/.. /",
                "/a/%2e%2E/b /b",
                "/a/%2e/b /a/b",
                "/%61%62 /ab",
                "/a%2fb /a%2Fb",
                "/a%2Fb/../c /c",
                "/a%2f..%2fb /a%2F..%2Fb",
                "/a/b%2Fc/.. /a/",
                "/a%252e /a%252e",
                "/a%25 /a%25",
                "/a% /a%25",
                "/a%zz /a%25zz",
                "/a//b /a//b",
                "/a%20b+c /a%20b+c",
                "/a%3Fb%23c /a%3Fb%23c",
                "/a%3Ab;c=1/(x) /a:b;c=1/(x)",
                "/a/%C3%A4 /a/%C3%A4",
                "/a\\b /a%5Cb",
                "/* /*",
            })
    void onePathHasOneSpelling(final String target, final String path) {
        assertThat(url(target, "h", false)).isEqualTo("https://h" + path);
        assertThat(url(path, "h", false)).isEqualTo("https://h" + path);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/ h:443 false https://h/",
                "/ h:80 false https://h:80/",
                "/ h:80 true http://h/",
                "/ H.Example.COM true http://h.example.com/",
                "/ h.:8080 true http://h:8080/",
                "/ h.:443 false https://h/",
                "/ [::1]:443 false https://[::1]/",
                "/ [::1] false https://[::1]/",
                "/ ::443 false https://::443/",
                "/ :443 false https://(unknown)/",
                "/ a@b false https://(unknown)/",
                "http://t:81/x h true http://t:81/x",
                "HTTP://u:p@T/x h true http://t/x",
                "https://t:443/x h true https://t/x",
                "http://t h true http://t/",
                "http://t?a=/b h true http://t/",
                "http://t%41/ h true http://(unknown)/",
            })
    void aHostIsNamedAsItWasAskedFor(
            final String target, final String host, final boolean plain, final String expected) {
        assertThat(url(target, host, plain)).isEqualTo(expected);
    }

    @Test
    void aPathThatIsVeryLongIsCut() {
        final String url = url("/" + "a%20".repeat(5000), "h", false);
        assertThat(url).startsWith("https://h/a%20a%20").endsWith("(...)").hasSizeLessThan(1100);
    }

    @Property(tries = 2000)
    void whatIsRecordedIsRecordedAsItIs(
            @ForAll @Chars({'/', '.', '%', '2', 'e', 'F', 'a', '?', '#', ';', 'ä'}) @StringLength(max = 20)
                    final String path) {
        final String once = url("/" + path, "h", false);
        assertThat(url(once.substring("https://h".length()), "h", false)).isEqualTo(once);
        assertThat(once + "/").doesNotContain("/../", "/./", "?", "#");
    }
}
