package io.fleetstop.simulator;

import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The simulator's check of signatures, for fakes of other services of the platform. */
public final class SignatureCheck {

  private final SignatureVerifier verifier;
  private final String scope;

  private SignatureCheck(SignatureVerifier verifier, String scope) {
    this.verifier = verifier;
    this.scope = scope;
  }

  /**
   * A check that accepts one key.
   *
   * @param scope the region and the service of the credential scope, for example {@code
   *     cn-beijing/sts}
   */
  public static SignatureCheck of(
      String accessKeyId,
      String secretAccessKey,
      @Nullable String sessionToken,
      String scope,
      InstantSource clock) {
    Map<String, SignatureVerifier.Key> keys = new HashMap<>();
    keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, sessionToken));
    return new SignatureCheck(new SignatureVerifier(keys, clock, Duration.ofMinutes(15)), scope);
  }

  /** The code that the gateway rejects the request with, or {@code null} if it accepts it. */
  public @Nullable String refusal(
      String method, String target, Map<String, String> headers, byte[] body) {
    HttpHeaders all = new DefaultHttpHeaders();
    headers.forEach(all::set);
    try {
      SignatureParameters caller = verifier.verify(SignedRequest.of(method, target, all, body));
      return scope.equals(caller.region() + "/" + caller.service()) ? null : "InvalidCredential";
    } catch (ApiError refusal) {
      return refusal.code().code();
    }
  }
}
