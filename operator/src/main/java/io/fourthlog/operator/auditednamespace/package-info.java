/** Turns the accepted policies of a namespace into the config and the sensors of that namespace, and says so in each policy's status. */
@NullMarked
package io.fourthlog.operator.auditednamespace;

import org.jspecify.annotations.NullMarked;
