package io.fourthlog.policy.behaviour;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Kinds of names, so that a tool and a host of one name are two things. */
@SuppressWarnings("EnumOrdinal") // hashed and kept in exports: new kinds go to the end
public enum Kind {
    TOOL("tool"),
    RESOURCE("resource"),
    HOST("host"),
    MODEL("model"),
    // What only baselines know
    SHAPE("shape"),
    PATH("path"),
    FOLDER("folder"),
    BIGRAM("bigram"),
    UNRUN("unrun");

    /** The first four have names that rules can count. */
    static final int COUNTED = 4;

    private final String text;

    Kind(String text) {
        this.text = text;
    }

    /** The kinds that can be counted, as rules write them. */
    public static List<String> texts() {
        return Arrays.stream(values()).limit(COUNTED).map(kind -> kind.text).toList();
    }

    /** The countable kind of this name. */
    public static Optional<Kind> of(String text) {
        return Arrays.stream(values())
                .limit(COUNTED)
                .filter(kind -> kind.text.equals(text))
                .findFirst();
    }

    long key(long hash) {
        return SipHash.join(ordinal() + 1L, hash);
    }
}
