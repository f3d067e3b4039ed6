/** Resolves what a RedactionProfile extends, checks it, and says so in its status. */
@NullMarked
package io.fourthlog.operator.redactionprofile;

import org.jspecify.annotations.NullMarked;
