package io.fourthlog.sensor.database;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The texts of a MongoDB command, or of a document that comes with it. */
final class MongoValues implements BsonReader.Sink {
    private static final Set<String> NO_CONTENT = Set.of(
            "lsid",
            "collection",
            "readConcern",
            "writeConcern",
            "client",
            "compression",
            "mechanism",
            "payload",
            "apiVersion");

    private final Running running;
    private final boolean command;
    private int depth;
    private int passedOver; // depth from which on it is no content
    private boolean first = true;
    private long arrays; // a bit for each depth, of an array
    private @Nullable String field;

    MongoValues(final Running running, final boolean command) {
        this.running = running;
        this.command = command;
    }

    private boolean isContent(final String name) {
        final boolean named = first && command; // of a collection
        first = false;
        return passedOver == 0
                && !(command && depth == 0 && (named || name.startsWith("$") || NO_CONTENT.contains(name)));
    }

    private boolean isIndex() {
        return (arrays >> Math.min(depth, 63) & 1) != 0;
    }

    @Override
    public void opens(final String name, final boolean array) {
        final boolean explained = first && name.equals("explain");
        if (!isContent(name) && !explained && passedOver == 0) {
            passedOver = depth + 1;
        }
        field = isIndex() ? field : name;
        depth++;
        final long bit = 1L << Math.min(depth, 63);
        arrays = array ? arrays | bit : arrays & ~bit;
    }

    @Override
    public void closes() {
        depth--;
        if (depth < passedOver) {
            passedOver = 0;
        }
    }

    @Override
    public void number(final String name, final long value) {
        first = false;
    }

    @Override
    public void other(final String name, final boolean isNull) {
        first = false;
    }

    @Override
    public void piece(final String name, final byte[] bytes, final int offset, final int length, final boolean ends) {
        final boolean wasFirst = first;
        if (isContent(name)) {
            running.value(isIndex() ? field : name, bytes, offset, length, ends);
        }
        first = wasFirst && !ends;
    }
}
