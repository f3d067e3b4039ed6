/** What happened before an event, in bounded memory: traces, sessions, windows of time and baselines of workloads. */
@NullMarked
package io.fourthlog.policy.behaviour;

import org.jspecify.annotations.NullMarked;
