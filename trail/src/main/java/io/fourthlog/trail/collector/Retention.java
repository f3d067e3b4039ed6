package io.fourthlog.trail.collector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.log.RetentionClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the cluster's tiers ask for at present, as the operator writes it into a ConfigMap and the chart mounts that. It can hold and
 * lengthen what a log's name says, and never shorten it.
 *
 * <pre>{"tiers":[{"name":"pci","legalHold":false,"cold":{"tool_invocation":{"days":366,"decidedBy":"PCI DSS 4.0 requirement 10.5.1"},…}}]}</pre>
 */
record Retention(List<Tier> tiers) {

    private static final int MAX_LENGTH = 4 << 20; // bytes; a ConfigMap has one MiB
    private static final int MAX_DAYS = 99_999 * 366; // of the longest period that can be written
    private static final JsonMapper JSON = new JsonMapper();

    Retention {
        tiers = List.copyOf(tiers);
    }

    /**
     * A tier.
     *
     * @param legalHold nothing expires
     * @param cold for each type of event, how long it is kept
     */
    record Tier(String name, boolean legalHold, Map<EventType, Period> cold) {

        Tier {
            cold = Map.copyOf(cold);
        }

        Period of(EventType type) {
            return Optional.ofNullable(cold.get(type)).orElseThrow();
        }
    }

    /**
     * How long events are kept.
     *
     * @param decidedBy the clause or the field of the tier
     */
    record Period(int days, String decidedBy) {}

    /** The tiers that a class is of: more than one only where their names are the same but for characters that a log's name has not. */
    List<Tier> of(RetentionClass retentionClass) {
        return tiers.stream()
                .filter(tier -> RetentionClass.of(tier.name(), "1d").tier().equals(retentionClass.tier()))
                .toList();
    }

    /**
     * Reads the file.
     *
     * @throws IOException when it is not there or not all of it is understood: then nothing may expire
     */
    static Retention read(Path file) throws IOException {
        if (Files.size(file) > MAX_LENGTH) {
            throw new IOException(file + " is longer than " + MAX_LENGTH + " bytes");
        }
        final List<Tier> tiers = new ArrayList<>();
        for (final JsonNode tier : array(JSON.readTree(Files.readAllBytes(file)), "tiers")) {
            final Map<EventType, Period> cold = new EnumMap<>(EventType.class);
            for (final EventType type : EventType.values()) {
                final JsonNode period = tier.path("cold").path(type.wire());
                final int days = period.path("days").asInt();
                if (!period.path("days").isInt() || days < 1 || days > MAX_DAYS) {
                    throw new IOException("a tier does not say for how many days it keeps " + type.wire());
                }
                cold.put(type, new Period(days, text(period, "decidedBy")));
            }
            if (!tier.path("legalHold").isBoolean()) {
                throw new IOException("a tier does not say whether there is a legalHold");
            }
            tiers.add(new Tier(text(tier, "name"), tier.path("legalHold").booleanValue(), cold));
        }
        return new Retention(tiers);
    }

    private static JsonNode array(JsonNode in, String name) throws IOException {
        if (!in.path(name).isArray()) {
            throw new IOException("it has no list \"" + name + "\"");
        }
        return in.path(name);
    }

    private static String text(JsonNode in, String name) throws IOException {
        if (!in.path(name).isTextual() || in.path(name).textValue().chars().anyMatch(Character::isISOControl)) {
            throw new IOException("a tier has no text \"" + name + "\"");
        }
        return in.path(name).textValue();
    }
}
