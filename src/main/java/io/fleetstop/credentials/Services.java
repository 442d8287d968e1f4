package io.fleetstop.credentials;

import java.net.URI;
import java.time.Clock;
import java.time.InstantSource;

/** Where the services are that give credentials, and what time it is. */
record Services(URI sts, URI metadata, InstantSource clock) {

  static final Services OFFICIAL =
      new Services(Sts.ENDPOINT, EcsRoleCredentials.ENDPOINT, Clock.systemUTC());
}
