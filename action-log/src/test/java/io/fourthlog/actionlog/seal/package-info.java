@NullMarked
package io.fourthlog.actionlog.seal;

import org.jspecify.annotations.NullMarked;
