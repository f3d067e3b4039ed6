package io.fourthlog.sensor.config;

import io.fourthlog.redaction.Hmac;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the config that is running: takes documents, applies those that are good, and keeps the last good one whatever
 * comes. Confined to one thread at a time; what it says of itself may be asked on any.
 */
public final class ConfigKeeper {

    private static final Logger LOG = LoggerFactory.getLogger(ConfigKeeper.class);

    private static final int MAX_BYTES = 8 << 20; // a ConfigMap has at most 1 MiB

    private final StateFile file; // a sensor that starts without an API server runs it
    private final ConfigCompiler compiler;
    private final Consumer<ActiveConfig> apply;
    private volatile Optional<ActiveConfig> active = Optional.empty();
    private volatile Optional<String> error = Optional.empty();

    /**
     * @param state the sensor's folder on the node
     * @param apply puts a config to work
     */
    public ConfigKeeper(Path state, ConfigCompiler compiler, Consumer<ActiveConfig> apply) {
        this.file = new StateFile(state.resolve("config.json"));
        this.compiler = compiler;
        this.apply = apply;
    }

    /** The config that is running. */
    public Optional<ActiveConfig> active() {
        return active;
    }

    /** Why the newest document was not applied; empty when it was. */
    public Optional<String> error() {
        return error;
    }

    /** Runs what the last run kept. */
    public void restore() {
        try {
            file.load(MAX_BYTES).ifPresent(document -> {
                switch (compiler.compile(document)) {
                    case ConfigCompiler.Result.Usable(ActiveConfig config) -> run(config);
                    case ConfigCompiler.Result.Refused(String reason) ->
                        LOG.warn("the config that was kept cannot be used any more: {}", reason);
                }
            });
        } catch (IOException e) {
            LOG.warn("the config that was kept cannot be read: {}", e.toString());
        }
    }

    /**
     * Takes a document that is said to have this digest.
     *
     * @return whether it is running now
     */
    public boolean offer(byte[] document, String digest) {
        switch (compiler.compile(document)) {
            case ConfigCompiler.Result.Refused(String reason) -> refuse(digest, reason);
            case ConfigCompiler.Result.Usable(ActiveConfig config) -> {
                if (!config.digest().equals(digest)) {
                    refuse(digest, "the document has the digest " + config.digest());
                } else {
                    run(config);
                    keep(document);
                    return true;
                }
            }
        }
        return false;
    }

    /** Has keyed hashes made with another key from the next event on, without a new document. */
    void use(Hmac key) {
        LOG.info("keyed hashes are made with the key {} from now on", key.keyId());
        compiler.use(key);
        active.map(config -> config.with(key)).ifPresent(config -> {
            apply.accept(config);
            active = Optional.of(config);
        });
    }

    /** Says that the document with this digest could not be had, or not be used. */
    void refuse(String digest, String reason) {
        final String message = digest + ": " + reason;
        if (!Optional.of(message).equals(error)) {
            LOG.error("keeping the last good config, refusing {}", message);
        }
        error = Optional.of(message);
    }

    private void run(ActiveConfig config) {
        apply.accept(config);
        active = Optional.of(config);
        error = Optional.empty();
        LOG.info(
                "running {} with {} policies",
                config.digest(),
                config.config().policies().size());
    }

    private void keep(byte[] document) {
        try {
            file.store(document);
        } catch (IOException e) {
            LOG.warn("the config runs, but cannot be kept for the next start: {}", e.toString());
        }
    }
}
