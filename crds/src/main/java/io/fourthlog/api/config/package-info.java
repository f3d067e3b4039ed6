/** The document that the operator compiles for the sensors of one namespace. */
@NullMarked
package io.fourthlog.api.config;

import org.jspecify.annotations.NullMarked;
