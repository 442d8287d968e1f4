package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunTokensTest {

  private static final InstanceId ID = InstanceId.of("i-1");
  private static final ShutdownOptions DEFAULTS = ShutdownOptions.defaults();

  /** A later version resumes the runs of this one: it must derive the same tokens. */
  @Test
  void tokens_areThoseOfEarlierVersions() {
    RunTokens tokens = new RunTokens("night", DEFAULTS);
    assertThat(tokens.tokenFor(ID)).isEqualTo("880d9cc68b2fd2d9bf755a8a02947a196702ca98");
    assertThat(tokens.tokenFor(7, List.of(ID, InstanceId.of("i-2"))))
        .isEqualTo("d1dda1ee0d658b15222c8dd9bb5150204e623e85");

    ShutdownOptions start = DEFAULTS.mutate().operation(Operation.START).build();
    assertThat(new RunTokens("night", start).tokenFor(ID))
        .isEqualTo("b5b2c1fedfec63515452475f5ab1c44c8f7e29c2");
  }

  @Test
  void token_dependsOnRunParametersAndInstance() {
    assertThat(
            List.of(
                new RunTokens("night", DEFAULTS).tokenFor(ID),
                new RunTokens("night", DEFAULTS).tokenFor(InstanceId.of("i-2")),
                new RunTokens("day", DEFAULTS).tokenFor(ID),
                new RunTokens("night", DEFAULTS.mutate().forceStop(true).build()).tokenFor(ID),
                new RunTokens("night", DEFAULTS.mutate().dryRun(true).build()).tokenFor(ID),
                new RunTokens(
                        "night", DEFAULTS.mutate().stoppedMode(StoppedMode.STOP_CHARGING).build())
                    .tokenFor(ID)))
        .doesNotHaveDuplicates();
  }

  @Test
  void request_hasTheParametersOfTheRun() {
    ShutdownOptions options =
        ShutdownOptions.builder()
            .forceStop(true)
            .stoppedMode(StoppedMode.STOP_CHARGING)
            .dryRun(true)
            .build();
    RunTokens tokens = new RunTokens("night", options);

    StopInstance request = tokens.requestFor(ID);

    assertThat(request.parameters())
        .containsEntry("InstanceId", "i-1")
        .containsEntry("ForceStop", "true")
        .containsEntry("StoppedMode", "StopCharging")
        .containsEntry("DryRun", "true")
        .containsEntry("ClientToken", tokens.tokenFor(ID));
  }
}
