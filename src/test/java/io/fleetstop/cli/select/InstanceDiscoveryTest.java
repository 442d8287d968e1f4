package io.fleetstop.cli.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.FilterArguments;
import io.fleetstop.cli.options.StopArguments.Safety;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InstanceDiscoveryTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(12).startNow();
  private final EcsClient client =
      EcsClient.builder()
          .endpoint(simulator.endpoint())
          .region(simulator.region())
          .credentials(
              CredentialsProvider.fixed(
                  Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
          .build();

  @AfterEach
  void close() {
    client.closeAsync().block();
    simulator.dispose();
  }

  private static final class Nothing implements FleetSelector.Completed {

    @Override
    public boolean isDone(InstanceId id) {
      return false;
    }

    @Override
    public int done() {
      return 0;
    }

    @Override
    public Set<InstanceId> unsettled() {
      return Set.of();
    }
  }

  private SelectedInstances found(int maxListed) {
    return InstanceDiscovery.of(client)
        .found(new FilterArguments(), maxListed, new Nothing(), size -> {}, listed -> {});
  }

  /** Also one of instances that are all skipped, which --max-instances does not count. */
  @Test
  void longerListThanTheMaximum_isRefused() {
    assertThat(found(12).ids()).hasSize(12);
    assertThatThrownBy(() -> found(11))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("the service lists more than 11 instances; nothing was stopped");
  }

  @Test
  void maximum_isAMillionUnlessMoreAreAllowed() {
    Safety safety = new Safety();
    FleetSizeLimits limits = new FleetSizeLimits(safety, false);
    assertThat(limits.maxListed()).isEqualTo(1_000_000);
    safety.maxInstances = 100;
    assertThat(limits.maxListed()).isEqualTo(1_000_000);
    safety.maxInstances = 2_000_000;
    assertThat(limits.maxListed()).isEqualTo(2_002_000);
    safety.maxInstances = Integer.MAX_VALUE;
    assertThat(limits.maxListed()).isEqualTo(Integer.MAX_VALUE);
  }
}
