/** The three kinds of the API as Java records, held to the CRDs in config/crd. */
@NullMarked
package io.fourthlog.api;

import org.jspecify.annotations.NullMarked;
