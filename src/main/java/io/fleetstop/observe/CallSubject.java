package io.fleetstop.observe;

import org.jspecify.annotations.Nullable;

/**
 * Identifies what a call acts on. Only the accessors are stable: components may be added.
 *
 * @param service the service that is called, such as {@code ecs}
 * @param action the action that is called, such as {@code StopInstance}
 * @param region the region it is called in
 * @param instanceId the instance that the action names, or {@code null} if it names none or several
 * @param instances the number of instances that the action names
 */
public record CallSubject(
    String service, String action, String region, @Nullable String instanceId, int instances) {}
