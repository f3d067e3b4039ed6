package io.fourthlog.sensor.database;

import org.jspecify.annotations.Nullable;

/** What a server's answer to a MongoDB command shows: documents, their number, an error's code. */
final class MongoReply implements BsonReader.Sink {
    private static final int DEPTH = 8; // levels of which the names are known

    private final Running running;
    private final boolean counts; // documents, not what was written
    private final String[] path = new String[DEPTH];
    private int depth;
    private long arrays; // a bit for each depth, of an array
    private int content; // depth from which on it is content; 0 outside of it
    private @Nullable String field;
    private long documents = -1;
    private long n = -1;
    private long modified = -1;
    private long upserted;
    private long ok = -1;
    private long code = -1;
    private long writeError = -1;

    /** @param ofDocument whether the document is itself one that was asked for */
    MongoReply(final Running running, final String command, final boolean ofDocument) {
        this.running = running;
        this.counts = switch (command) {
            case "insert", "update", "delete", "bulkwrite" -> false;
            default -> true;
        };
        if (ofDocument) {
            content = 1;
            depth = 1;
            documents = 1;
            ok = 1;
        }
    }

    /** The document is complete, and nothing more comes for the command if {@code last}. */
    void tell(final boolean last) {
        if (ok == 0 || writeError >= 0) {
            running.failed(Long.toString(writeError >= 0 ? writeError : Math.max(code, 0)));
            return;
        }
        final long rows = counts ? documents : modified >= 0 ? modified + upserted : n;
        if (rows >= 0) {
            running.rows(rows);
        }
        if (last) {
            running.done();
        }
    }

    private String in(final int level) {
        return depth > level && level < DEPTH && path[level] != null ? path[level] : "";
    }

    @Override
    public void opens(final String name, final boolean array) {
        if (content > 0) {
            field = isIndex() ? field : name;
        } else if (depth == 0 && name.equals("value") && !array) {
            documents = 1;
            content = 1;
        } else if (depth == 0 && (name.equals("values") || name.equals("results"))) {
            documents = 0;
        } else if (depth == 1 && in(0).equals("cursor") && name.endsWith("Batch")) {
            documents = Math.max(documents, 0);
        } else if (isDocument()) {
            documents++;
            content = depth + 1;
        } else if (depth == 1 && in(0).equals("upserted")) {
            upserted++;
        }
        if (depth < DEPTH) {
            path[depth] = name;
        }
        arrays = array ? arrays | 1L << Math.min(depth + 1, 63) : arrays & ~(1L << Math.min(depth + 1, 63));
        depth++;
    }

    private boolean isIndex() {
        return (arrays >> Math.min(depth, 63) & 1) != 0;
    }

    private boolean isDocument() {
        return (depth == 2 && in(0).equals("cursor") && in(1).endsWith("Batch"))
                || (depth == 1 && (in(0).equals("values") || in(0).equals("results")));
    }

    @Override
    public void closes() {
        depth--;
        if (depth < content) {
            content = 0;
        }
    }

    @Override
    public void number(final String name, final long value) {
        if (depth == 0) {
            switch (name) {
                case "ok" -> ok = value;
                case "code" -> code = value;
                case "n" -> {
                    n = value;
                    documents = documents < 0 ? 1 : documents; // a count is one
                }
                case "nInserted", "nModified", "nDeleted", "nUpserted" -> modified = Math.max(modified, 0) + value;
                default -> {}
            }
        } else if (depth == 2 && in(0).equals("writeErrors") && name.equals("code") && writeError < 0) {
            writeError = value;
        } else if (content == 0 && isDocument()) {
            documents++;
        }
    }

    @Override
    public void piece(final String name, final byte[] bytes, final int offset, final int length, final boolean ends) {
        if (content > 0) {
            running.value(isIndex() ? field : name, bytes, offset, length, ends);
        } else if (isDocument()) {
            running.value(null, bytes, offset, length, ends);
            documents += ends ? 1 : 0;
        }
    }

    @Override
    public void other(final String name, final boolean isNull) {
        if (depth == 0 && name.equals("value") && isNull) {
            documents = 0;
        } else if (content == 0 && isDocument()) {
            documents++;
        }
    }
}
