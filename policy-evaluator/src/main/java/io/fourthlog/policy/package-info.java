/** CEL rules over events: compiled once, evaluated to decisions and enforcement intent. */
@NullMarked
package io.fourthlog.policy;

import org.jspecify.annotations.NullMarked;
