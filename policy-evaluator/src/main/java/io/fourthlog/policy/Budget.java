package io.fourthlog.policy;

import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOptions;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.exceptions.CelInvalidArgumentException;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelByteString;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelListsExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.RuntimeHelpers;
import dev.cel.runtime.standard.AddOperator.AddOverload;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Bounds what a rule can cost, so that a tenant's policy cannot stall or kill the sensor that audits the tenant.
 *
 * <p>CEL always ends, but {@code [s].map(x, x + x)} forty times over doubles {@code s} forty times, and comparing lists
 * that were nested in that way takes as many steps. RE2 looks at each character with up to all instructions of a program,
 * and {@code (.?){245}} has a thousand of them. So expressions are short, all loops and searches of one evaluation share
 * {@link #ITERATIONS}, {@code +} refuses to grow a value beyond a limit, lists cannot be nested without end, and functions
 * that multiply sizes ({@code replace}, {@code join}, {@code lists.range}, {@code flatten}) are left out.
 */
final class Budget {

    static final int EXPRESSION = 4_096; // code points
    static final int ITERATIONS = 4_096; // of all loops in one evaluation
    static final int VARIABLES = 64; // of a policy
    static final int MILLIS = 5; // of a rule on one event, as far as it loops and searches
    static final int OVERRUNS = 3; // of that time in a row, after which a rule rests
    private static final int PARSE_DEPTH = 64; // nested expressions
    private static final int TYPE_DEPTH = 4; // list(list(list(string)))
    static final int TEXT = 4 * 1024; // UTF-16 units or bytes that + makes
    static final int ELEMENTS = 4_096; // of a list that + makes
    static final int REGEX = 1_000; // RE2 program instructions
    static final int MADE_REGEX = 256; // characters of one that is no literal, and compiled on each event
    static final int INSTRUCTIONS = 1_024; // of them on characters, for one step: at most 20 µs
    static final int SEARCH = 1_024; // steps of one search, which cannot be stopped on its way

    static final CelOptions OPTIONS = CelOptions.current()
            .enableReservedIds(true)
            .populateMacroCalls(true)
            .enableHeterogeneousNumericComparisons(true)
            .maxExpressionCodePointSize(EXPRESSION)
            .maxParseRecursionDepth(PARSE_DEPTH)
            .comprehensionMaxIterations(ITERATIONS)
            .maxRegexProgramSize(REGEX)
            .build();

    static final Set<CelStringExtensions.Function> STRINGS = Set.of(
            CelStringExtensions.Function.CHAR_AT,
            CelStringExtensions.Function.INDEX_OF,
            CelStringExtensions.Function.LAST_INDEX_OF,
            CelStringExtensions.Function.LOWER_ASCII,
            CelStringExtensions.Function.SPLIT,
            CelStringExtensions.Function.SUBSTRING,
            CelStringExtensions.Function.TRIM,
            CelStringExtensions.Function.UPPER_ASCII);

    static final Set<CelListsExtensions.Function> LISTS = Set.of(
            CelListsExtensions.Function.DISTINCT,
            CelListsExtensions.Function.REVERSE,
            CelListsExtensions.Function.SLICE,
            CelListsExtensions.Function.SORT);

    /** The regex extension without {@code regex.replace}, which multiplies sizes. */
    static final List<CelFunctionDecl> REGEX_FUNCTIONS = CelExtensions.regex().functions().stream()
            .filter(function -> !function.name().equals("regex.replace"))
            .toList();

    private static final Set<AddOverload> GROWING =
            Set.of(AddOverload.ADD_STRING, AddOverload.ADD_BYTES, AddOverload.ADD_LIST);

    private Budget() {}

    /** The standard declarations without {@code dyn()}, which would hide from the checker how deep a list is. */
    static CelStandardDeclarations declarations() {
        return CelStandardDeclarations.newBuilder()
                .excludeFunctions(CelStandardDeclarations.StandardFunction.DYN)
                .build();
    }

    /** Puts the standard functions in place, with a {@code +} that does not grow a value beyond its limit. */
    static void limit(CelRuntimeBuilder runtime) {
        runtime.setStandardFunctions(CelStandardFunctions.newBuilder()
                        .filterFunctions((function, overload) ->
                                !(overload instanceof AddOverload add) || !GROWING.contains(add))
                        .build())
                .addFunctionBindings(CelFunctionBinding.fromOverloads(
                        "_+_",
                        CelFunctionBinding.from("add_string", String.class, String.class, Budget::concat),
                        CelFunctionBinding.from("add_bytes", CelByteString.class, CelByteString.class, Budget::concat),
                        CelFunctionBinding.from("add_list", List.class, List.class, Budget::concat)));
    }

    /** What in a checked expression is beyond the limits that the parser and the checker do not hold themselves. */
    static Optional<String> excess(CelAbstractSyntaxTree ast) {
        final List<CelExpr> nodes = CelNavigableAst.fromAst(ast)
                .getRoot()
                .allNodes()
                .map(CelNavigableExpr::expr)
                .toList();
        if (nodes.stream().anyMatch(node -> node.getKind() == CelExpr.ExprKind.Kind.STRUCT)) {
            return Optional.of("a rule cannot make messages");
        }
        if (nodes.stream().anyMatch(node -> isMixed(node, ast))) {
            return Optional.of("all elements of a list, and all keys and values of a map, have to be of one type");
        }
        return ast.getTypeMap().values().stream().anyMatch(type -> depth(type) > TYPE_DEPTH)
                ? Optional.of("lists and maps are nested more than " + TYPE_DEPTH + " deep")
                : Optional.empty();
    }

    /** Whether a literal has elements of several types, which the checker then calls {@code dyn}, whatever their depth. */
    private static boolean isMixed(CelExpr node, CelAbstractSyntaxTree ast) {
        final boolean filled = switch (node.getKind()) {
            case LIST -> !node.list().elements().isEmpty();
            case MAP -> !node.map().entries().isEmpty();
            default -> false;
        };
        return filled
                && ast.getType(node.id())
                        .filter(type -> type.parameters().contains(SimpleType.DYN))
                        .isPresent();
    }

    private static int depth(CelType type) {
        int deepest = 0;
        for (final CelType parameter : type.parameters()) {
            deepest = Math.max(deepest, depth(parameter));
        }
        return deepest + 1;
    }

    private static String concat(String a, String b) {
        check(a.length() + b.length(), TEXT, "a string");
        return a + b;
    }

    private static CelByteString concat(CelByteString a, CelByteString b) {
        check(a.size() + b.size(), TEXT, "a byte string");
        return a.concat(b);
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // CEL's checker has held the element types
    private static Object concat(List a, List b) {
        check(a.size() + b.size(), ELEMENTS, "a list");
        return RuntimeHelpers.concat((List<Object>) a, (List<Object>) b);
    }

    private static void check(int size, int limit, String what) {
        if (size > limit) {
            throw new CelInvalidArgumentException(
                    "+ makes " + what + " of " + size + "; at most " + limit + " is allowed");
        }
    }
}
