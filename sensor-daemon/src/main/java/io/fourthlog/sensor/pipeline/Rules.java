package io.fourthlog.sensor.pipeline;

import io.fourthlog.policy.PolicySet;
import io.fourthlog.redaction.Profile;

/** What holds for a workload: the policies that select it, and the redaction profile that they ask for. */
public record Rules(PolicySet policies, Profile profile) {}
