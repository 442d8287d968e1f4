package io.fleetstop;

import static io.fleetstop.EcsClientTest.STOP;
import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Replies whose error has a code that only this client gives, or that is no code at all. */
class ForgedCodesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ShutdownOptions OPTIONS =
      ShutdownOptions.builder().protectTag("").awaitStopped(false).build();

  static Stream<ErrorCode> clientCodes() {
    return ErrorCatalogue.entries().stream().filter(code -> code.scope() == Scope.CLIENT);
  }

  private static <T> T block(Mono<T> mono) {
    return Objects.requireNonNull(mono.block(PATIENCE));
  }

  private static EcsException errorOfInstance(String code) {
    String details =
        "{\"ResponseMetadata\":{\"RequestId\":\"r1\"},\"Result\":{\"OperationDetails\":"
            + "[{\"InstanceId\":\"i-1\",\"Error\":{\"Code\":\"%s\",\"Message\":\"no\"}}]}}"
                .formatted(code);
    ScriptedExchange service = ScriptedExchange.answering(reply(200, details));
    StopInstances batch = StopInstances.of(List.of(InstanceId.of("i-1")));
    StopInstances.Result result = block(client(service).build().stopInstances(batch));
    return Objects.requireNonNull(result.instances().get(0).error());
  }

  @ParameterizedTest
  @MethodSource("clientCodes")
  void codeOfTheClientInAReply_isOneOfTheService(ErrorCode forged) {
    ScriptedExchange service = ScriptedExchange.answering(error(400, forged.code()));

    EcsException ofCall = failure(client(service).build().stopInstance(STOP));

    assertThat(ofCall.errorCode().scope()).isEqualTo(Scope.UNDOCUMENTED);
    assertThat(ofCall.errorCode().code()).isEqualTo("Service." + forged.code());
    assertThat(errorOfInstance(forged.code()).errorCode().scope()).isEqualTo(Scope.UNDOCUMENTED);
    assertThat(errorOfInstance(forged.code()).errorCode().code())
        .isEqualTo("Service." + forged.code());
  }

  @Test
  void forgedDryRunSuccess_endsNoRunAndLeavesItsJournalUsable(@TempDir Path directory) {
    Path file = directory.resolve("run.jsonl");
    EcsClient client =
        client(
                ScriptedExchange.answering(
                    error(400, ClientErrors.UNEXPECTED_SUCCESS.code()),
                    reply(200, ScriptedExchange.ACCEPTED)))
            .build();
    ShutdownJournal journal = block(ShutdownJournal.create(file, OPTIONS));
    List<ShutdownOutcome> outcomes =
        block(
            FleetShutdown.create(client, journal)
                .stop(Flux.just(InstanceId.of("i-1"), InstanceId.of("i-2")))
                .collectList());
    journal.disposeLater().block(PATIENCE);

    assertThat(outcomes).hasSize(2);
    ShutdownJournal resumed = block(ShutdownJournal.resume(file, OPTIONS));
    assertThat(resumed.state().completed()).isEqualTo(1);
    resumed.disposeLater().block(PATIENCE);
  }

  @Test
  void codeOfAnInstance_isAnIdentifier() {
    String code =
        errorOfInstance("a \\u001b[31m b, %s".formatted("x".repeat(500))).errorCode().code();

    assertThat(code).matches("[A-Za-z0-9_.:-]+\u2026").hasSizeLessThan(130);
  }
}
