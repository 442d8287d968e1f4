package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.StopInstances;
import io.fleetstop.simulator.Gateway.OperationRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code StopInstances}: a client token for up to 100 instances, each of which is accepted or has
 * an error of its own. What the service does not document is an option of the simulator: the reply
 * to a repeated token, the order of the instances, and whether one error rejects the whole call.
 */
final class BatchStopOperation implements Gateway.Operation {

  private static final String PREFIX = "InstanceIds.";
  private static final Pattern INSTANCE_ID = Pattern.compile("InstanceIds\\.[1-9][0-9]{0,3}");

  private final IdempotencyStore tokens;
  private final PowerOperation.Stop stop;
  private final ScriptedFaults<ErrorCode> errors;
  private final boolean replayed;
  private final boolean shuffled;
  private final boolean allOrNothing;
  private final AtomicLong seed;

  BatchStopOperation(
      IdempotencyStore tokens,
      PowerOperation.Stop stop,
      ScriptedFaults<ErrorCode> errors,
      EcsSimulatorBuilder options) {
    this.tokens = tokens;
    this.stop = stop;
    this.errors = errors;
    this.replayed = options.replayBatches;
    this.shuffled = options.shuffleBatchReplies;
    this.allOrNothing = options.rejectWholeBatches;
    this.seed = new AtomicLong(options.seed);
  }

  /** The ids of a request, in its order; empty for any other action. */
  static List<String> idsOf(RequestQuery query) {
    List<String> ids = new ArrayList<>();
    for (String id = query.nonEmpty(PREFIX + 1);
        id != null;
        id = query.nonEmpty(PREFIX + (ids.size() + 1))) {
      ids.add(id);
    }
    return ids;
  }

  @Override
  public ObjectNode run(OperationRequest request) {
    RequestQuery query = request.query();
    query.requireKnown(
        name ->
            INSTANCE_ID.matcher(name).matches()
                || (stop.parameters().contains(name)
                    && !name.equals("InstanceId")
                    && !name.equals("DryRun")));
    List<String> ids = requireIds(query);
    String token = query.get("ClientToken");
    PowerOperation.checkToken(token);
    String fingerprint = String.join("\n", ids) + '\n' + stop.fingerprint(query);
    if (token == null || tokens.claimFresh(request, token, fingerprint)) {
      return first(request, ids, token);
    }
    ObjectNode reply = replayed ? tokens.reply(request.action(), token) : null;
    return reply != null ? reply : inOrder(details(request, ids));
  }

  private ObjectNode first(OperationRequest request, List<String> ids, @Nullable String token) {
    boolean done = false;
    try {
      if (allOrNothing) {
        ids.forEach(id -> requireStoppable(request, id));
      }
      ObjectNode reply = inOrder(details(request, ids));
      if (token != null) {
        tokens.complete(request.action(), token, request.answeredAt(), reply);
      }
      done = true;
      return reply;
    } finally {
      if (token != null && !done) {
        tokens.release(request.action(), token);
      }
    }
  }

  private List<String> requireIds(RequestQuery query) {
    List<String> ids = idsOf(query);
    long given = 0;
    for (String name : query.names()) {
      given += INSTANCE_ID.matcher(name).matches() ? 1 : 0;
    }
    if (given == 0) {
      throw ApiError.withMessage(
          EcsErrors.ECS_MISSING_PARAMETER, "The required parameter InstanceIds is not supplied.");
    }
    if (ids.size() != given
        || ids.size() > StopInstances.MAX_IDS
        || new HashSet<>(ids).size() != ids.size()) {
      throw ApiError.withMessage(
          EcsErrors.INVALID_PARAMETER,
          "InstanceIds must be numbered from 1 without gaps, distinct, and at most "
              + StopInstances.MAX_IDS
              + ".");
    }
    return ids;
  }

  private List<ObjectNode> details(OperationRequest request, List<String> ids) {
    List<ObjectNode> details = new ArrayList<>(ids.size());
    for (String id : ids) {
      ObjectNode detail = JsonNodeFactory.instance.objectNode().put("InstanceId", id);
      try {
        InstanceRuntime instance = requireStoppable(request, id);
        if (!stop.change(instance, request)) {
          throw ApiError.of(EcsErrors.INVALID_INSTANCE_STATUS);
        }
        detail.putNull("Error");
      } catch (ApiError error) {
        detail.putObject("Error").put("Code", error.code().code()).put("Message", error.text());
      }
      details.add(detail);
    }
    return details;
  }

  private InstanceRuntime requireStoppable(OperationRequest request, String id) {
    ErrorCode scripted = errors.take(id);
    if (scripted != null) {
      throw ApiError.of(scripted);
    }
    InstanceRuntime instance = request.fleet().find(id, request.now());
    if (instance == null) {
      throw ApiError.of(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    }
    stop.check(instance, request);
    return instance;
  }

  private ObjectNode inOrder(List<ObjectNode> details) {
    if (shuffled) {
      Collections.shuffle(details, new Random(seed.getAndIncrement()));
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    ArrayNode array = result.putArray("OperationDetails");
    details.forEach(array::add);
    return result;
  }
}
