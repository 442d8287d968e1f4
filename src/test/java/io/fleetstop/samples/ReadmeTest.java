package io.fleetstop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.micrometer.FleetstopMeter;
import io.fleetstop.micrometer.FleetstopObservation;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** README and pages: samples are compiled, links lead somewhere, names exist. */
class ReadmeTest {

  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#\\s]+)[^)]*\\)");
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*Test)`");
  private static final Pattern SAMPLE =
      Pattern.compile("// sample: [^\\n]*\\R(.*?)[ ]*// end of sample", Pattern.DOTALL);

  @Test
  void javaBlocks_areCompiledSamples() throws IOException {
    String source = Files.readString(Path.of("src/test/java/io/fleetstop/samples/Samples.java"));
    List<String> shown = new ArrayList<>();
    for (Path document : documents()) {
      shown.addAll(blocks(JAVA_BLOCK, Files.readString(document)));
    }
    assertThat(shown).isNotEmpty().hasSameElementsAs(blocks(SAMPLE, source));
  }

  @Test
  void readme_isShort() throws IOException {
    assertThat(Files.readAllLines(Path.of("README.md"))).hasSizeLessThanOrEqualTo(230);
  }

  @Test
  void links_leadToFiles() throws IOException {
    for (Path document : documents()) {
      Matcher link = LINK.matcher(Files.readString(document));
      while (link.find()) {
        assertThat(document.resolveSibling(link.group(1))).as(document.toString()).exists();
      }
    }
  }

  @Test
  void namedTests_exist() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      for (Path document : documents()) {
        for (String test : blocks(TEST, Files.readString(document))) {
          assertThat(names).as(document.toString()).contains(test + ".java");
        }
      }
    }
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> pages = Files.list(Path.of("src/site/markdown"))) {
      return Stream.concat(Stream.of(Path.of("README.md")), pages.sorted()).toList();
    }
  }

  private static List<String> blocks(Pattern pattern, String text) {
    List<String> blocks = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      blocks.add(matcher.group(1).stripTrailing().stripIndent());
    }
    return blocks;
  }

  @Test
  void observability_namesEveryMeter() throws IOException {
    String page = Files.readString(Path.of("src/site/markdown/observability.md"));
    assertThat(page).contains("`" + FleetstopObservation.CALL.getName() + "`");
    for (KeyName key : FleetstopObservation.CALL.getLowCardinalityKeyNames()) {
      assertThat(page).contains("`" + key.asString() + "`");
    }
    for (KeyName key : FleetstopObservation.CALL.getHighCardinalityKeyNames()) {
      assertThat(page).contains("`" + key.asString() + "`");
    }
    for (FleetstopMeter meter : FleetstopMeter.values()) {
      String last = meter.getName().replaceFirst("fleetstop\\.[a-z]+", "");
      assertThat(page).containsAnyOf("`" + meter.getName() + "`", "`" + last + "`");
    }
  }

  @Test
  void metricsSample_runs() {
    EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    ObservationRegistry observations = ObservationRegistry.create();
    observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
    try {
      StepVerifier.create(
              Samples.observed(
                  EcsClient.builder()
                      .region("cn-beijing")
                      .endpoint(simulator.endpoint())
                      .credentials(
                          CredentialsProvider.fixed(
                              Credentials.of(
                                  simulator.accessKeyId(), simulator.secretAccessKey()))),
                  meters,
                  observations,
                  ShutdownOptions.builder().dryRun(true).build(),
                  Flux.fromIterable(simulator.ids()).map(InstanceId::of)))
          .expectNextCount(3)
          .expectComplete()
          .verify(Duration.ofSeconds(20));
      assertThat(meters.get("fleetstop.call").timer().count()).isEqualTo(3);
      assertThat(meters.get("fleetstop.fleet.outcomes").counter().count()).isEqualTo(3);
      assertThat(meters.get("fleetstop.limiter.rate").gauge().value()).isPositive();
      assertThat(meters.get("fleetstop.requests.max").gauge().value()).isEqualTo(64);
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void samples_run() {
    EcsSimulator simulator =
        EcsSimulator.builder()
            .instances(3)
            .instance("i-3tiefmkskq3vj0example", "RUNNING")
            .stopDelay(Duration.ofMillis(10))
            .startNow();
    CredentialsProvider credentials =
        CredentialsProvider.fixed(
            Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey()));
    try {
      StepVerifier.create(Samples.stopOne(simulator.endpoint(), credentials))
          .assertNext(answer -> assertThat(answer).startsWith("accepted, request "))
          .expectComplete()
          .verify(Duration.ofSeconds(20));
      assertThat(Samples.assumeRole(credentials)).isNotNull();
      EcsClient client =
          EcsClient.builder()
              .region("cn-beijing")
              .endpoint(simulator.endpoint())
              .credentials(credentials)
              .build();
      Flux<InstanceId> ids = Flux.fromIterable(simulator.ids()).map(InstanceId::of);
      StepVerifier.create(Samples.stopFleet(client, ids.concatWithValues(InstanceId.of("i-no"))))
          .assertNext(line -> assertThat(line).contains("i-no", "InvalidInstance.NotFound"))
          .expectComplete()
          .verify(Duration.ofSeconds(20));
      FleetShutdown again = FleetShutdown.create(client, ShutdownOptions.defaults());
      assertThat(Samples.stopInWaves(again, ids, 4).collectList().block(Duration.ofSeconds(20)))
          .startsWith("wave 1: 0 done")
          .endsWith("wave 2: 4 done");
      assertThat(simulator.ledger().effects()).isEqualTo(4);
    } finally {
      simulator.dispose();
    }
  }
}
