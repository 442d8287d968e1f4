package io.fleetstop.credentials;

import io.fleetstop.sign.ClockSkew;
import java.time.Clock;
import java.util.function.UnaryOperator;

/**
 * The defaults for sources that call a service.
 *
 * @param sts completes the options of a role
 * @param metadata the options of the instance's role
 * @param clock the clock, corrected by the time of the services
 */
record CredentialServices(
    UnaryOperator<AssumeRoleOptions.Builder> sts, EcsRoleOptions metadata, ClockSkew clock) {

  /** Returns the official services, with a new clock. */
  static CredentialServices official() {
    return official(EcsRoleOptions.defaults());
  }

  /** Returns the official services with these options for the metadata service. */
  static CredentialServices official(EcsRoleOptions metadata) {
    return new CredentialServices(role -> role, metadata, new ClockSkew(Clock.systemUTC()));
  }
}
