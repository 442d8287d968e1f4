package io.fleetstop.observe;

import org.jspecify.annotations.Nullable;

/**
 * What a call is about. Only the accessors are stable: components may be added.
 *
 * @param service the service that is called, {@code ecs} for one
 * @param action the action that is called, {@code StopInstance} for one
 * @param region the region it is called in
 * @param instanceId the instance that the action names, or {@code null} if it names none
 */
public record CallSubject(
    String service, String action, String region, @Nullable String instanceId) {}
