/** What all of the programs show to who watches over them. */
@NullMarked
package io.fourthlog.monitoring;

import org.jspecify.annotations.NullMarked;
