package io.fourthlog.api;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** How long events are kept, and for which frameworks: a class of the security team that policies choose by name. */
@Group(Names.GROUP)
@Version(Names.VERSION)
@Kind("RetentionTier")
@Plural("retentiontiers")
@ShortNames("rtt")
public final class RetentionTier extends CustomResource<RetentionTierSpec, RetentionTierStatus> {}
