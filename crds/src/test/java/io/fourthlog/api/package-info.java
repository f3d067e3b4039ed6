/** Tests of the API. */
@NullMarked
package io.fourthlog.api;

import org.jspecify.annotations.NullMarked;
