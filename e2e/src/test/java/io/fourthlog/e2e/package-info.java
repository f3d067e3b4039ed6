/** Whole-system tests: the module table, a real API server, a real kernel, real clients. */
@NullMarked
package io.fourthlog.e2e;

import org.jspecify.annotations.NullMarked;
