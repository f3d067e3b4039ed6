package io.fourthlog.sensor.database;

import java.util.List;

/**
 * What a statement does, without what it is about.
 *
 * @param mode what it does to the resources
 * @param resources tables, collections, as the statement names them ({@code customers}, {@code sales.orders}), each once and in its order;
 *     none where it names none
 * @param known whether its text was seen, and all resources that it names are told; if not, it can do anything to others
 */
public record Statement(Mode mode, List<String> resources, boolean known) {
    /** What it does; the wire values of {@code access_mode}. */
    public enum Mode {
        READ("read"),
        WRITE("write"),
        READ_WRITE("read_write");

        private final String wire;

        Mode(final String wire) {
            this.wire = wire;
        }

        public String wire() {
            return wire;
        }
    }

    /** A statement whose text was not seen. */
    static final Statement UNKNOWN = new Statement(Mode.READ_WRITE, List.of(), false);

    public Statement {
        resources = List.copyOf(resources);
    }

    Statement(final Mode mode, final List<String> resources) {
        this(mode, resources, true);
    }
}
