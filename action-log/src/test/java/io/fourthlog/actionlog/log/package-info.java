/** Tests of the Merkle log on real files. */
@NullMarked
package io.fourthlog.actionlog.log;

import org.jspecify.annotations.NullMarked;
