/**
 * Which cgroup is which container of which pod: the pods of this node from the API server, joined with the cgroups of this host.
 */
@NullMarked
package io.fourthlog.sensor.workload;

import org.jspecify.annotations.NullMarked;
