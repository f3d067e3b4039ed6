/** Tests of a namespace's reconciliation. */
@NullMarked
package io.fourthlog.operator.auditednamespace;

import org.jspecify.annotations.NullMarked;
