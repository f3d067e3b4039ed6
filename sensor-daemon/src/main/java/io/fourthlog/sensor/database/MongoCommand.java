package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.Statement.Mode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a MongoDB command's document shows: what it does, to which collections, and who logs in with it. */
final class MongoCommand implements BsonReader.Sink {
    static final String QUERIES = "find "; // a name that no command has
    private static final int COLLECTIONS = 16; // of one command
    private static final int PAYLOAD = 512; // octets of it in which a user's name is looked for
    private static final int DEPTH = 64; // levels in which names are looked for
    private static final Pattern ODD = Pattern.compile("\\p{Cntrl}");
    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final Set<String> NO_DATA = words("""
        hello ismaster ping buildinfo connectionstatus serverstatus startsession endsessions refreshsessions killsessions
        killallsessions committransaction aborttransaction saslstart saslcontinue authenticate logout getnonce getparameter
        setparameter listdatabases listcollections listindexes listcommands hostinfo replsetgetstatus replsetgetconfig collstats
        dbstats whatsmyuri getlog getcmdlineopts top currentop killop killcursors usersinfo rolesinfo profile features
        atlasversion isdbgrid getlasterror connpoolstats validate fsync compact getdefaultrwconcern setfeaturecompatibilityversion
        shutdown datasize availablequeryoptions driveroidctest getshardmap configurefailpoint
        """);
    private static final Set<String> READS = words("find aggregate getmore count distinct explain geosearch");
    private static final Set<String> WRITES = words("""
        insert update delete bulkwrite create drop dropdatabase createindexes dropindexes deleteindexes collmod renamecollection
        converttocapped createuser updateuser dropuser
        """);

    private final List<@Nullable String> path = new ArrayList<>();
    private int deeper; // levels
    private String name = "";
    private @Nullable String collection;
    private @Nullable String database;
    private final Set<String> others = new LinkedHashSet<>(); // with their database, or behind a dot
    private boolean more; // than are kept
    private @Nullable String otherDatabase;
    private boolean writesElsewhere;
    private final StringBuilder text = new StringBuilder();
    private @Nullable String user;
    private boolean within; // a text that is read
    private boolean isFirst; // element of the command
    private boolean wanted;
    private boolean plain; // how a password is sent

    private static Set<String> words(final String text) {
        return Set.of(SPACES.split(text.strip(), -1));
    }

    /** Of a legacy query, whose document does not say it. */
    void of(final @Nullable String databaseName) {
        database = databaseName;
    }

    /** Of a legacy query of a collection, whose document is the filter. */
    void queries(final String namespace) {
        name = QUERIES;
        collection = ODD.matcher(namespace).replaceAll("\ufffd");
    }

    /** Whether its collections are in what comes with it. */
    boolean isNamedElsewhere() {
        return name.equals("bulkwrite");
    }

    /** Reads documents that come with it, of which each names a collection if that is what the sequence is. */
    BsonReader.Sink with(final String sequence) {
        path.clear();
        deeper = 0;
        path.add(sequence);
        path.add("");
        return this;
    }

    String name() {
        return name;
    }

    @Nullable
    String user() {
        return user;
    }

    /** What it does, {@code null} if it touches no data. */
    @Nullable
    Statement statement() {
        if (NO_DATA.contains(name)) {
            return null;
        }
        final Set<String> all = new LinkedHashSet<>();
        if (collection != null && !collection.isEmpty()) {
            all.add(qualified(database, collection));
        }
        for (final String other : others) {
            all.add(other.startsWith(".") ? qualified(database, other.substring(1)) : other);
        }
        final boolean known = !more && all.size() <= COLLECTIONS;
        return new Statement(mode(), all.stream().limit(COLLECTIONS).toList(), known);
    }

    private Mode mode() {
        if (READS.contains(name) || name.equals(QUERIES)) {
            return writesElsewhere ? Mode.READ_WRITE : Mode.READ;
        }
        return WRITES.contains(name) ? Mode.WRITE : Mode.READ_WRITE;
    }

    private static String qualified(final @Nullable String of, final String collection) {
        return of == null || of.isEmpty() ? collection : of + "." + collection;
    }

    @Override
    public void opens(final String element, final boolean array) {
        first(element);
        if (path.size() == DEPTH) {
            deeper++;
            return;
        }
        path.add(element);
        otherDatabase = null;
    }

    @Override
    public void closes() {
        if (deeper > 0) {
            deeper--;
        } else if (!path.isEmpty()) {
            path.removeLast();
        }
    }

    /** The first element of a command is its name. */
    private void first(final String element) {
        if (name.isEmpty() && path.isEmpty()) {
            name = element.toLowerCase(Locale.ROOT);
        }
    }

    private String in(final int up) {
        final int at = path.size() - up;
        return at < 0 || path.get(at) == null ? "" : path.get(at);
    }

    @Override
    public void number(final String element, final long value) {
        first(element);
    }

    @Override
    public void other(final String element, final boolean isNull) {
        first(element);
    }

    @Override
    public void piece(
            final String element, final byte[] bytes, final int offset, final int length, final boolean ends) {
        if (!within) {
            within = true;
            isFirst = name.isEmpty() && path.isEmpty();
            first(element);
            wanted = deeper == 0 && (isFirst || isName(element) || isLogin(element));
        }
        within = !ends;
        if (!wanted) {
            return;
        }
        final int room = PAYLOAD - text.length();
        text.append(new String(bytes, offset, Math.min(length, room), StandardCharsets.ISO_8859_1));
        if (ends) {
            final String whole =
                    new String(text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            text.setLength(0);
            if (isLogin(element)) {
                login(element, whole);
            } else {
                named(element, ODD.matcher(whole).replaceAll("\ufffd"), isFirst);
            }
        }
    }

    private boolean isName(final String element) {
        return switch (element) {
            case "$db", "collection", "to" -> path.isEmpty();
            case "ns" -> in(2).equals("nsInfo");
            case "from" -> in(1).equals("$lookup") || in(1).equals("$graphLookup");
            case "$unionWith", "$out", "$merge" -> true;
            case "coll", "db" -> isStage(in(1)) || (isStage(in(2)) && !path.isEmpty());
            case "into" -> in(1).equals("$merge");
            default -> path.size() == 1 && in(1).equals("explain");
        };
    }

    private static boolean isStage(final String element) {
        return element.equals("$unionWith")
                || element.equals("$out")
                || element.equals("$merge")
                || element.equals("$lookup")
                || element.equals("$graphLookup");
    }

    private void named(final String element, final String value, final boolean first) {
        final String cut = value.length() <= BsonReader.NAME ? value : value.substring(0, BsonReader.NAME);
        if (first) {
            collection = cut;
            return;
        }
        switch (element) {
            case "$db" -> database = cut;
            case "collection" -> {
                if (name.equals("getmore")) {
                    collection = cut;
                }
            }
            case "to", "ns" -> other(cut, null);
            case "db" -> otherDatabase = cut;
            case "from", "$unionWith" -> other("." + cut, null);
            case "$out", "$merge", "into" -> {
                writesElsewhere = true;
                other("." + cut, null);
            }
            case "coll" -> {
                writesElsewhere |= !in(1).equals("$unionWith") && !in(1).contains("ookup") && !in(2).contains("ookup");
                other("." + cut, otherDatabase);
            }
            default -> {
                if (collection == null && path.size() == 1) {
                    collection = cut; // of what is explained
                }
            }
        }
    }

    private void other(final String value, final @Nullable String in) {
        final String named = in == null ? value : in + value;
        if (others.size() < COLLECTIONS) {
            others.add(named);
        } else {
            more |= !others.contains(named);
        }
    }

    private boolean isLogin(final String element) {
        final boolean logs = path.isEmpty()
                ? name.equals("saslstart") || name.equals("authenticate")
                : in(1).equals("speculativeAuthenticate");
        return logs
                && path.size() <= 1
                && (element.equals("payload") || element.equals("mechanism") || element.equals("user"));
    }

    /** The user of SCRAM's first message ({@code n,,n=user,r=…}), of PLAIN's, or as it is. */
    private void login(final String element, final String value) {
        switch (element) {
            case "mechanism" -> plain = value.equals("PLAIN");
            case "user" -> user = bounded(value);
            default -> {
                if (plain) {
                    final String[] parts = value.split("\0", 3);
                    user = parts.length > 1 ? bounded(parts[1]) : user;
                    return;
                }
                final int from = value.startsWith("n=") ? 2 : value.indexOf(",n=") + 3;
                final int to = value.indexOf(',', from);
                if (from > 2 || value.startsWith("n=")) {
                    user = bounded(value.substring(from, to < 0 ? from : to)
                            .replace("=2C", ",")
                            .replace("=3D", "="));
                }
            }
        }
    }

    private static @Nullable String bounded(final String value) {
        return value.isEmpty() ? null : value.substring(0, Math.min(value.length(), BsonReader.NAME));
    }
}
