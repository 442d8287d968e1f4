package io.fleetstop;

import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

/** Listing instances page by page. */
class PagesTest {

  private static String page(String nextToken, String id, String status) {
    return """
        {"ResponseMetadata":{"RequestId":"r"},"Result":{"TotalCount":3,"NextToken":"%s",
        "Instances":[{"InstanceId":"%s","Status":"%s","Cpus":4,
        "Tags":[{"Key":"env","Value":"test"}]}]}}"""
        .formatted(nextToken, id, status);
  }

  @Test
  void describesPageByPage_keepsUnknownStatuses() {
    ScriptedExchange exchange =
        ScriptedExchange.answering(
            reply(200, page("next-1", "i-1", "RUNNING")),
            reply(200, page("next-2", "i-2", "MIGRATING")),
            reply(200, page("", "i-3", "STOPPED")));
    StepVerifier.create(
            client(exchange).build().describeInstances(DescribeInstances.builder().build()))
        .assertNext(instance -> assertThat(instance.state()).isEqualTo(Instance.State.RUNNING))
        .assertNext(
            instance -> {
              assertThat(instance.status()).isEqualTo("MIGRATING");
              assertThat(instance.state()).isEqualTo(Instance.State.UNRECOGNIZED);
            })
        .assertNext(
            instance ->
                assertThat(instance.tags()).containsExactly(new Instance.Tag("env", "test")))
        .verifyComplete();
    assertThat(exchange.parameter(1, "NextToken")).isNull();
    assertThat(exchange.parameter(2, "NextToken")).isEqualTo("next-1");
    assertThat(exchange.parameter(3, "NextToken")).isEqualTo("next-2");
  }

  @Test
  void pages_areFetchedOnDemand() {
    ScriptedExchange exchange =
        ScriptedExchange.of(number -> reply(200, page("next-" + number, "i-" + number, "RUNNING")));
    StepVerifier.create(
            client(exchange).build().describeInstances(DescribeInstances.builder().build()), 0)
        .thenRequest(3)
        .expectNextCount(3)
        .thenCancel()
        .verify();
    assertThat(exchange.sent().size()).isBetween(3, 4);
  }

  @Test
  void listWithoutAnEnd_isBounded() {
    ScriptedExchange exchange =
        ScriptedExchange.of(number -> reply(200, page("next-" + number, "i-" + number, "RUNNING")));
    StepVerifier.create(
            client(exchange)
                .build()
                .describeInstances(DescribeInstances.builder().maxInstances(3).build()))
        .expectNextCount(3)
        .thenConsumeWhile(instance -> true)
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .hasMessageContaining("more than the 3 instances of maxInstances"));
    assertThat(exchange.sent()).hasSize(4);
  }

  @Test
  void circularPages_endTheListing() {
    ScriptedExchange exchange =
        ScriptedExchange.of(
            number -> reply(200, page(number % 2 == 0 ? "b" : "a", "i-" + number, "RUNNING")));
    StepVerifier.create(
            client(exchange).build().describeInstances(DescribeInstances.builder().build()))
        .expectNextCount(3)
        .verifyErrorSatisfies(
            failure -> assertThat(failure).hasMessageContaining("the same next page twice"));
  }

  @Test
  void endlessEmptyPages_endTheListing() {
    ScriptedExchange exchange =
        ScriptedExchange.of(
            number ->
                reply(
                    200,
                    "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"NextToken\":\"n-"
                        + number
                        + "\",\"Instances\":[]}}"));
    StepVerifier.create(
            client(exchange).build().describeInstances(DescribeInstances.builder().build()))
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure).hasMessageContaining("100 empty pages, and none is the last"));
    assertThat(exchange.sent()).hasSize(100);
  }

  @Test
  void hugePageToken_endsTheListing() {
    ScriptedExchange exchange =
        ScriptedExchange.of(
            number -> reply(200, page(number + "x".repeat(5_000), "i-" + number, "RUNNING")));
    StepVerifier.create(
            client(exchange).build().describeInstances(DescribeInstances.builder().build()))
        .expectNextCount(1)
        .verifyErrorSatisfies(
            failure -> assertThat(failure).hasMessageContaining("more than 4096 characters"));
  }
}
