/** What tests of several modules have in common; nothing that runs has it. */
@NullMarked
package io.fourthlog.testing;

import org.jspecify.annotations.NullMarked;
