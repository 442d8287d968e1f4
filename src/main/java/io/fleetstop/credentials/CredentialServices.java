package io.fleetstop.credentials;

import io.fleetstop.sign.ClockSkew;
import java.time.Clock;
import java.util.function.UnaryOperator;

/**
 * The defaults for sources that call a service.
 *
 * @param sts completes the options of a role
 * @param metadata the options of the instance's role
 * @param logins the services that issue the credentials of logins
 * @param clock the clock, corrected by the time of the services
 */
record CredentialServices(
    UnaryOperator<AssumeRoleOptions.Builder> sts,
    EcsRoleOptions metadata,
    LoginServices logins,
    ClockSkew clock) {

  /** Returns the official services, with a new clock. */
  static CredentialServices official() {
    return of(CredentialsOptions.defaults());
  }

  /** Returns the services of the options, with a new clock. */
  static CredentialServices of(CredentialsOptions options) {
    return new CredentialServices(
        role -> {
          AssumeRoleOptions.Builder builder = role.transportOptions(options.transport());
          return options.stsEndpoint() == null ? builder : builder.endpoint(options.stsEndpoint());
        },
        options.metadata(),
        LoginServices.of(
            options.transport(),
            options.signinEndpoint(),
            options.portalEndpoint(),
            options.oauthEndpoint()),
        new ClockSkew(Clock.systemUTC()));
  }
}
