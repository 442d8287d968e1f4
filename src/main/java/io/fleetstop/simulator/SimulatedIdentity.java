package io.fleetstop.simulator;

import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The identity behind an access key, as {@code GetCallerIdentity} of STS reports it. */
final class SimulatedIdentity {

  static final String ACTION = "GetCallerIdentity";
  static final String SERVICE = "sts";
  static final String VERSION = "2018-01-01";
  static final long ACCOUNT = 2_100_000_001L;

  private SimulatedIdentity() {}

  /** Returns the result for the caller: a user, or a role if the key is temporary. */
  static ObjectNode of(SignatureParameters caller, long account) {
    boolean role = caller.securityToken() != null;
    return JsonNodeFactory.instance
        .objectNode()
        .put("AccountId", account)
        .put("IdentityType", role ? "Role" : "User")
        .put("IdentityId", role ? "20001:simulated" : "10001")
        .put(
            "Trn",
            role
                ? "trn:sts::" + account + ":assumed-role/simulated/simulated"
                : "trn:iam::" + account + ":user/simulated");
  }
}
