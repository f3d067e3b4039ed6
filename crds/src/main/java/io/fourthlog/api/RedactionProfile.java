package io.fourthlog.api;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** How content is described before it is dropped: a class of the security team that policies choose by name. */
@Group(Names.GROUP)
@Version(Names.VERSION)
@Kind("RedactionProfile")
@Plural("redactionprofiles")
@ShortNames("rdp")
public final class RedactionProfile extends CustomResource<RedactionProfileSpec, RedactionProfileStatus> {}
