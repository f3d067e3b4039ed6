package io.fourthlog.policy;

import dev.cel.common.types.CelType;

/**
 * A variable's compiled expression, for one type of event; variables that are written alike are one.
 *
 * @param slot where a frame keeps its value
 */
record Variable(String name, int slot, CelType type, Code code) {}
