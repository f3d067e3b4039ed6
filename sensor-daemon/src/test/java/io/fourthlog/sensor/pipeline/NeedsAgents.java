package io.fourthlog.sensor.pipeline;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A test of agents that take minutes to install. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@EnabledIfEnvironmentVariable(
        named = "FOURTHLOG_AGENTS",
        matches = ".+",
        disabledReason = "FOURTHLOG_AGENTS names no folder of installed agents: run make test-agents")
@interface NeedsAgents {}
