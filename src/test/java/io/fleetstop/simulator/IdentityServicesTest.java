package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.IdentitySimulator.Service;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import org.junit.jupiter.api.Test;

class IdentityServicesTest {

  @Test
  void calls_areKeptUpToABound() {
    IdentityServices services = new IdentityServices(IdentitySimulator.builder());
    SignedRequest portal =
        SignedRequest.of("GET", "/federation/credentials", new DefaultHttpHeaders(), new byte[0]);
    SignedRequest oauth = SignedRequest.of("POST", "/token", new DefaultHttpHeaders(), new byte[0]);

    services.handle(portal);
    for (int i = 0; i < IdentityServices.MAX_CALLS; i++) {
      services.handle(oauth);
    }

    assertThat(services.calls()).hasSize(IdentityServices.MAX_CALLS).containsOnly(Service.OAUTH);
  }
}
