package io.fourthlog.policy;

/**
 * A named expression that the rules of its policy share as {@code variables.NAME}; evaluated at most once an event, and
 * only when a rule reads it.
 *
 * @param name a CEL identifier
 * @param expression CEL of any type; it may read variables that stand before it
 */
public record VariableSource(String name, String expression) {}
