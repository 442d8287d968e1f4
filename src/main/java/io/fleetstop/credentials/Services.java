package io.fleetstop.credentials;

import io.fleetstop.sign.ClockSkew;
import java.time.Clock;
import java.util.function.UnaryOperator;

/**
 * How the services are asked that give credentials, where nobody says otherwise.
 *
 * @param sts completes the options for a role
 * @param metadata the options for an instance's role
 * @param clock what time it is, corrected by what the services say
 */
record Services(
    UnaryOperator<AssumeRoleOptions.Builder> sts, EcsRoleOptions metadata, ClockSkew clock) {

  /** The services themselves, with a clock of its own for whoever asks. */
  static Services official() {
    return new Services(role -> role, EcsRoleOptions.defaults(), new ClockSkew(Clock.systemUTC()));
  }
}
