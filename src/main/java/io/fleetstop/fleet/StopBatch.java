package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.util.List;

/**
 * The members of one {@code StopInstances} call. It is repeated as it is or not at all: the service
 * recognises a repetition by the same token with the same ids.
 *
 * @param number the number of the batch in its run, starting at 1, also over resumed runs
 * @param token the client token
 * @param ids the instances in the order of the request
 */
record StopBatch(long number, String token, List<InstanceId> ids) {

  StopBatch {
    ids = List.copyOf(ids);
  }

  StopInstances request(ShutdownOptions options) {
    return StopInstances.builder(ids)
        .forceStop(options.isForceStop())
        .stoppedMode(options.stoppedMode())
        .clientToken(token)
        .build();
  }
}
