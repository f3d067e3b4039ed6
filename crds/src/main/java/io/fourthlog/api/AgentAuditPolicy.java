package io.fourthlog.api;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** What a team wants audited in its own namespace, and what is denied there. */
@Group(Names.GROUP)
@Version(Names.VERSION)
@Kind("AgentAuditPolicy")
@Plural("agentauditpolicies")
@ShortNames("aap")
public final class AgentAuditPolicy extends CustomResource<AgentAuditPolicySpec, AgentAuditPolicyStatus>
        implements Namespaced {}
