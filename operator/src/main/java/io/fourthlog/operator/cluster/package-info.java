/** What all reconcilers share: the cluster, this installation's place in it, what they want there, and how they say faults and conditions. */
@NullMarked
package io.fourthlog.operator.cluster;

import org.jspecify.annotations.NullMarked;
