@NullMarked
package io.fourthlog.operator.cluster;

import org.jspecify.annotations.NullMarked;
