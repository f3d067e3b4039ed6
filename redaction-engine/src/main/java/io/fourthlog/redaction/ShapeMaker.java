package io.fourthlog.redaction;

import io.fourthlog.redaction.ProfileSource.KeyNames;
import io.fourthlog.redaction.detect.ResourceNames;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link JsonTree} as a {@link Shape} and looks through every name and value of it, those below the bounds of the shape
 * as well. A value is looked at behind its name, so that {@code {"ssn": …}} says what the digits are. Confined to one thread.
 */
final class ShapeMaker {

    private static final byte[] SEPARATOR = {':', ' '};
    private static final int HASHED_NAME = 16; // hexadecimal digits
    private static final int LONGEST_NAME = 256; // bytes, the last ones, that a value is looked at behind

    private final Classifier classifier;
    private final Hmac hmac;
    private final ProfileSource.Shape bounds;
    private final Scratch scratch = new Scratch();
    private final TagCollector sink;

    private final SortedSet<String> found = new TreeSet<>();
    private int fieldsLeft;

    ShapeMaker(Profile profile, Classifier classifier, Hmac hmac) {
        this.classifier = classifier;
        this.hmac = hmac;
        this.bounds = profile.shape();
        this.sink = new TagCollector(profile);
    }

    /**
     * Describes a whole value.
     *
     * @param sensitivity gets the tags of all names and values
     */
    Shape of(JsonTree tree, SortedSet<String> sensitivity) {
        fieldsLeft = bounds.maxFields();
        found.clear();
        try {
            Shape shape = new Shape();
            describe(tree, 0, NamedValues.NONE, shape, 0);
            sensitivity.addAll(found);
            return shape;
        } finally {
            scratch.wipe();
        }
    }

    /**
     * Describes a node.
     *
     * @param name node of the name that the value, or what is around it, has: of a member, or the string that {@link NamedValues} tells
     * @param shape is null below the bounds
     * @param depth containers around the node
     */
    private void describe(JsonTree tree, int node, int name, @Nullable Shape shape, int depth) {
        switch (tree.kind(node)) {
            case OBJECT -> describeObject(tree, node, name, withType(shape, Shape.Type.OBJECT), depth);
            case ARRAY -> describeArray(tree, node, name, shape, depth);
            case STRING -> {
                if (shape != null) {
                    shape.is(Shape.Type.STRING, tree.end(node) - tree.start(node));
                }
                classifyLeaf(tree, node, name, shape);
            }
            case NUMBER -> classifyLeaf(tree, node, name, withType(shape, Shape.Type.NUMBER));
            case TRUE, FALSE -> withType(shape, Shape.Type.BOOLEAN);
            case NULL -> withType(shape, Shape.Type.NULL);
            case NAME -> throw new IllegalStateException("a name is no value");
        }
    }

    private static @Nullable Shape withType(@Nullable Shape shape, Shape.Type type) {
        if (shape != null) {
            shape.is(type);
        }
        return shape;
    }

    private void describeObject(JsonTree tree, int node, int outer, @Nullable Shape shape, int depth) {
        Shape described = within(shape, depth);
        int[] members = tree.sortedMembers(node);
        int named = NamedValues.name(tree, members);
        int ofValue = named == NamedValues.NONE ? outer : named;
        for (int name : members) {
            boolean sensitiveName = classifyName(tree, name);
            Shape property = described == null ? null : property(tree, name, sensitiveName, described);
            describe(tree, name + 1, nameOfValue(tree, name, ofValue), property, depth + 1);
        }
        if (members.length < tree.count(node)) {
            classifyOthers(tree, node, members, ofValue, depth);
        }
    }

    private static int nameOfValue(JsonTree tree, int name, int ofValue) {
        return ofValue != NamedValues.NONE && NamedValues.isValue(tree, name) ? ofValue : name;
    }

    /** Of members with one name the last is what parsers take; the others are sent as well. */
    private void classifyOthers(JsonTree tree, int node, int[] members, int ofValue, int depth) {
        BitSet described = new BitSet();
        for (int name : members) {
            described.set(name - node);
        }
        for (int name = node + 1; name < tree.next(node); name = tree.next(name)) {
            if (!described.get(name - node)) {
                describe(tree, name + 1, nameOfValue(tree, name, ofValue), null, depth + 1);
            }
        }
    }

    private void describeArray(JsonTree tree, int node, int name, @Nullable Shape shape, int depth) {
        if (shape != null) {
            shape.is(Shape.Type.ARRAY, tree.count(node));
        }
        Shape described = within(shape, depth);
        int option = NamedValues.NONE;
        for (int child = node + 1; child < tree.next(node); child = tree.next(child)) {
            int named = option == NamedValues.NONE ? name : option;
            describe(tree, child, named, described == null ? null : described.items(), depth + 1);
            option = NamedValues.isOption(tree, child) ? child : NamedValues.NONE;
        }
    }

    /** The shape if what is inside this container is described, else null. */
    private @Nullable Shape within(@Nullable Shape shape, int depth) {
        if (shape != null && depth >= bounds.maxDepth()) {
            shape.truncate();
            return null;
        }
        return shape;
    }

    private @Nullable Shape property(JsonTree tree, int name, boolean sensitive, Shape object) {
        String key = key(tree, name, sensitive);
        Shape known = object.property(key);
        if (known != null) {
            return known;
        }
        if (fieldsLeft == 0) {
            object.truncate();
            return null;
        }
        fieldsLeft--;
        return object.addProperty(key);
    }

    /** The name itself only where it persists. */
    private String key(JsonTree tree, int name, boolean sensitive) {
        int start = tree.start(name);
        int length = tree.end(name) - start;
        byte[] text = tree.text(name);
        if (sensitive || bounds.keyNames() == KeyNames.HASH || !MemberName.isIdentifier(text, start, start + length)) {
            String hash = hmac.keyedHash(text, start, length);
            return hash.substring(0, hash.indexOf(':') + 1 + HASHED_NAME);
        }
        return new String(text, start, length, StandardCharsets.US_ASCII);
    }

    private boolean classifyName(JsonTree tree, int name) {
        sink.begin();
        classifier.scan(tree.text(name), tree.start(name), tree.start(name), tree.end(name), null, sink);
        found.addAll(sink.found());
        return !sink.found().isEmpty();
    }

    private void classifyLeaf(JsonTree tree, int node, int name, @Nullable Shape shape) {
        int nameLength = 0;
        int length = tree.end(node) - tree.start(node);
        byte[] text = scratch.reserve(LONGEST_NAME + SEPARATOR.length + length);
        if (name != NamedValues.NONE) {
            int nameStart = Math.max(tree.start(name), tree.end(name) - LONGEST_NAME);
            nameLength = tree.end(name) - nameStart;
            System.arraycopy(tree.text(name), nameStart, text, 0, nameLength);
            System.arraycopy(SEPARATOR, 0, text, nameLength, SEPARATOR.length);
            nameLength += SEPARATOR.length;
        }
        System.arraycopy(tree.text(node), tree.start(node), text, nameLength, length);
        sink.begin();
        classifier.scan(text, 0, nameLength, nameLength + length, null, sink);
        if (tree.kind(node) == JsonTree.Kind.STRING) {
            PathTags.add(resourceClasses(text, nameLength, length), sink.found());
        }
        found.addAll(sink.found());
        if (shape != null) {
            shape.sensitivity().addAll(sink.found());
        }
    }

    /** Of a value whose name says that it is a resource as a whole, of every other value word by word. */
    private static int resourceClasses(byte[] text, int from, int length) {
        int whole = from > 0 && ResourceNames.namesResource(text, 0, from - SEPARATOR.length)
                ? ResourceNames.classify(text, from, from + length)
                : 0;
        return whole | ResourceNames.classifyWords(text, from, from + length);
    }
}
