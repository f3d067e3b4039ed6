/** Tests of RedactionProfile. */
@NullMarked
package io.fourthlog.operator.redactionprofile;

import org.jspecify.annotations.NullMarked;
