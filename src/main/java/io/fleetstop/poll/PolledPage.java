package io.fleetstop.poll;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What one describe call listed of the instances that it asked for. */
final class PolledPage {

  private final List<InstanceId> ids;
  private final Set<String> requested;
  private final Map<String, Instance> listed = new HashMap<>();
  private boolean exact = true;

  PolledPage(List<InstanceId> ids) {
    this.ids = ids;
    this.requested = ids.stream().map(InstanceId::value).collect(Collectors.toSet());
  }

  List<InstanceId> ids() {
    return ids;
  }

  void add(Instance instance) {
    String id = instance.instanceId();
    if (requested.contains(id)) {
      listed.merge(id, instance, PolledPage::withTagsOfBoth);
    } else {
      exact = false;
    }
  }

  // A list may show an instance twice, and a tag that protects it only once.
  private static Instance withTagsOfBoth(Instance before, Instance last) {
    return last.withTagsOf(before);
  }

  /** Whether only requested instances were listed. */
  boolean isExact() {
    return exact;
  }

  @Nullable Instance get(InstanceId id) {
    return listed.get(id.value());
  }

  /** The error of an instance that is missing in a list with instances that were not requested. */
  EcsException unrequested() {
    return EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.REJECTED)
        .action("DescribeInstances")
        .detail("The service listed instances that were not requested, and not all that were")
        .build();
  }
}
