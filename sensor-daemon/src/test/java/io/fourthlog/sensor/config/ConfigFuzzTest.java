package io.fourthlog.sensor.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.redaction.Hmac;

/** A SensorConfig as it comes, which anybody who may write it can have made: it is run, or refused with a reason. */
final class ConfigFuzzTest {
    private final ConfigCompiler compiler = new ConfigCompiler("s", Hmac.of("k1", new byte[32]));

    @FuzzTest
    void config(final byte[] document) {
        if (compiler.compile(document) instanceof ConfigCompiler.Result.Refused refused) {
            assertThat(refused.reason()).isNotBlank();
        }
    }
}
