/** Tests of the document that sensors read. */
@NullMarked
package io.fourthlog.api.config;

import org.jspecify.annotations.NullMarked;
