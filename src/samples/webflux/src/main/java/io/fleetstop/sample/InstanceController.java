package io.fleetstop.sample;

import io.fleetstop.EcsClient;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/** Lists the instances that can be stopped. */
@RestController
final class InstanceController {

  private final EcsClient client;

  InstanceController(EcsClient client) {
    this.client = client;
  }

  /** Lists running instances. Pages are fetched as the HTTP client reads. */
  @GetMapping(
      path = "/instances",
      produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
  Flux<Instance> running() {
    return client.describeInstances(DescribeInstances.builder().status("RUNNING").build());
  }
}
