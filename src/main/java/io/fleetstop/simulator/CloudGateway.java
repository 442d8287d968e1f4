package io.fleetstop.simulator;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.CloudSimulator.Service;
import io.fleetstop.simulator.Gateway.SimulatedResponse;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Gives each request to the service of its account and region; assumes roles itself. */
final class CloudGateway implements GatewayHttpHandler.RequestHandler {

  private static final String ASSUME_ROLE = "AssumeRole";
  private static final int DEFAULT_SECONDS = 3_600;

  /**
   * What an access key stands for.
   *
   * @param account the account
   * @param roleTrn the role that the key is of, empty for a permanent key
   */
  record Caller(String account, String roleTrn, SignatureVerifier.Key key) {

    boolean isRole() {
      return !roleTrn.isEmpty();
    }
  }

  private final Map<String, Map<String, Service>> services;
  private final Map<String, Caller> callers;
  private final SignatureVerifier verifier;
  private final ReplyEncoder replies;
  private final InstantSource clock;

  /**
   * Creates a gateway.
   *
   * @param services by account and region
   * @param callers by access key
   */
  CloudGateway(
      Map<String, Map<String, Service>> services,
      Map<String, Caller> callers,
      SignatureVerifier verifier,
      EcsSimulatorBuilder options) {
    this.services = services;
    this.callers = callers;
    this.verifier = verifier;
    this.replies = new ReplyEncoder(options.clock, options.seed);
    this.clock = options.clock;
  }

  static SignatureVerifier verifier(Map<String, Caller> callers, EcsSimulatorBuilder options) {
    return new SignatureVerifier(
        callers.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().key())),
        options.clock,
        options.maxClockSkew);
  }

  @Override
  public SimulatedResponse handle(SignedRequest request) {
    String action = String.valueOf(request.query().nonEmpty("Action"));
    try {
      if (action.equals(ASSUME_ROLE)) {
        return assumeRole(request);
      }
      SignatureParameters claim = SignatureParameters.of(request);
      Caller caller = callers.get(claim.accessKeyId());
      if (caller == null) {
        throw ApiError.of(GatewayErrors.INVALID_ACCESS_KEY, claim.accessKeyId());
      }
      Map<String, Service> regions = Objects.requireNonNull(services.get(caller.account()));
      Service service =
          action.equals(SimulatedIdentity.ACTION) || action.equals(Gateway.REGIONS)
              ? regions.values().iterator().next()
              : regions.get(claim.region());
      if (service == null) {
        throw ApiError.of(GatewayErrors.ACCESS_DENIED, "ecs:" + action, claim.region());
      }
      // It verifies the signature, too.
      return service.gateway().handle(request);
    } catch (ApiError error) {
      String requestId = replies.requestId();
      byte[] body = replies.failure(requestId, request.query(), null, error.code(), error.text());
      return new SimulatedResponse(requestId, error.httpStatus(), body, 0, 0, null);
    }
  }

  private SimulatedResponse assumeRole(SignedRequest request) {
    SignatureParameters caller = verifier.verify(request);
    String trn = request.query().nonEmpty("RoleTrn");
    Map.Entry<String, Caller> role =
        callers.entrySet().stream()
            .filter(entry -> entry.getValue().isRole())
            .filter(entry -> entry.getValue().roleTrn().equals(trn))
            .findFirst()
            .orElseThrow(() -> ApiError.of(GatewayErrors.ACCESS_DENIED, "sts:AssumeRole", trn));
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result
        .putObject("Credentials")
        .put("CurrentTime", clock.instant().toString())
        .put("AccessKeyId", role.getKey())
        .put("SecretAccessKey", role.getValue().key().secretKey())
        .put("SessionToken", role.getValue().key().sessionToken())
        .put("ExpiredTime", clock.instant().plusSeconds(DEFAULT_SECONDS).toString());
    String requestId = replies.requestId();
    byte[] body = replies.success(requestId, request.query(), caller, result);
    return new SimulatedResponse(requestId, 200, body, 0, 0, null);
  }
}
