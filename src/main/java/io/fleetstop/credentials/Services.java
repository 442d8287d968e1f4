package io.fleetstop.credentials;

import java.time.Clock;
import java.time.InstantSource;
import java.util.function.UnaryOperator;

/**
 * How the services are asked that give credentials, where nobody says otherwise.
 *
 * @param sts completes the options for a role
 * @param metadata the options for an instance's role
 * @param clock what time it is
 */
record Services(
    UnaryOperator<AssumeRoleOptions.Builder> sts, EcsRoleOptions metadata, InstantSource clock) {

  static final Services OFFICIAL =
      new Services(role -> role, EcsRoleOptions.defaults(), Clock.systemUTC());
}
