/** What policies denied and flagged, summed up as Reports of openreports.io, for whoever reads those of all policy engines. */
@NullMarked
package io.fourthlog.operator.openreports;

import org.jspecify.annotations.NullMarked;
