@NullMarked
package io.fourthlog.fingerprint;

import org.jspecify.annotations.NullMarked;
