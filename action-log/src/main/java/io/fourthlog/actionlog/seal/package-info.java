/** Events that only a key of their subject opens, so that destroying the key erases them and the log still holds. */
@NullMarked
package io.fourthlog.actionlog.seal;

import org.jspecify.annotations.NullMarked;
