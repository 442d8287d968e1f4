package io.fleetstop.simulator;

import tools.jackson.databind.node.ObjectNode;

/** An action of the service, behind the gateway. */
@FunctionalInterface
interface Operation {

  /** The {@code Result} of the call; refuses it by throwing a {@link ApiError}. */
  ObjectNode run(GatewayRequest call);
}
