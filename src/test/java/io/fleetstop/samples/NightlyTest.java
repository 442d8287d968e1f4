package io.fleetstop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.scheduling.support.CronExpression;
import org.yaml.snakeyaml.Yaml;

/** The page about nights: its script, schedules and Spring component work. */
class NightlyTest {

  private static final Path PAGE = Path.of("src/site/markdown/nightly.md");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private final EcsSimulator simulator = simulator();

  private static EcsSimulator simulator() {
    EcsSimulatorBuilder builder =
        EcsSimulator.builder()
            .stopDelay(Duration.ofMillis(10))
            .startDelay(Duration.ofMillis(10))
            .instance("i-other", "RUNNING");
    for (String id : List.of("i-a", "i-b", "i-c")) {
      builder.instance(SimulatedInstance.builder(id).tag("schedule", "office").build());
    }
    return builder
        .instance(
            SimulatedInstance.builder("i-off").status("STOPPED").tag("schedule", "office").build())
        .startNow();
  }

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(PATIENCE);
  }

  private static String block(String language) throws IOException {
    Matcher block =
        Pattern.compile("```" + language + "\\R(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(block.find()).isTrue();
    return block.group(1);
  }

  private List<String> running() {
    return simulator.ids().stream().filter(id -> simulator.status(id).equals("RUNNING")).toList();
  }

  @Tag("long")
  @Test
  @EnabledOnOs(OS.LINUX)
  void script_stopsAndStarts() throws Exception {
    Path script = Files.writeString(folder.resolve("night.sh"), block("sh"));
    launcher();
    for (int time = 1; time <= 2; time++) {
      run(script, "stop", "--quiet");
      assertThat(running()).containsExactly("i-other");
    }
    for (int time = 1; time <= 2; time++) {
      run(script, "start", "--quiet");
      assertThat(running()).containsExactly("i-other", "i-a", "i-b", "i-c");
    }
    assertThat(simulator.ledger().starts("i-a")).isEqualTo(1);
    assertThat(simulator.ledger().starts("i-off")).isZero();
  }

  private void launcher() throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.fleetstop.cli.Main"));
    String java = String.join(" ", words.stream().map(word -> "'" + word + "'").toList());
    Path launcher = folder.resolve("fleetstop");
    Files.writeString(launcher, "#!/bin/sh\nexec " + java + " \"$@\"\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
  }

  private void run(Path script, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("sh", script.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("FLEETSTOP_DIR", folder.toString());
    builder.environment().put("VOLCENGINE_REGION", simulator.region());
    run(builder);
  }

  private void run(ProcessBuilder builder) throws IOException, InterruptedException {
    Map<String, String> environment = builder.redirectErrorStream(true).environment();
    environment.put("PATH", folder + ":" + System.getenv("PATH"));
    environment.put("VOLCENGINE_ACCESS_KEY", simulator.accessKeyId());
    environment.put("VOLCENGINE_SECRET_KEY", simulator.secretAccessKey());
    environment.put("VOLCENGINE_ENDPOINT", simulator.endpoint().toString());
    Child.End end = Child.run(builder, Duration.ofSeconds(50));
    assertThat(end.exitCode()).as(end.out()).isZero();
  }

  /** Runs the containers of the jobs as they are written, in folders that stand for the volumes. */
  @Tag("long")
  @Test
  @EnabledOnOs(OS.LINUX)
  void containers_stopAndStart() throws Exception {
    Files.writeString(folder.resolve("night.sh"), block("sh"));
    launcher();
    List<List<String>> expected =
        List.of(List.of("i-other"), List.of("i-other", "i-a", "i-b", "i-c"));
    int job = 0;
    for (Object document : new Yaml().loadAll(block("yaml"))) {
      run(container(document));
      assertThat(running()).containsExactlyElementsOf(expected.get(job++));
    }
    assertThat(job).isEqualTo(2);
  }

  private ProcessBuilder container(Object job) {
    Map<?, ?> container = (Map<?, ?>) list(pod((Map<?, ?>) job), "containers").get(0);
    List<String> mounts =
        list(container, "volumeMounts").stream()
            .map(mount -> (String) ((Map<?, ?>) mount).get("mountPath"))
            .toList();
    List<String> command =
        list(container, "command").stream()
            .map(word -> mounted(String.valueOf(word), mounts))
            .toList();
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    for (Object variable : list(container, "env")) {
      Map<?, ?> pair = (Map<?, ?>) variable;
      builder
          .environment()
          .put(
              String.valueOf(pair.get("name")), mounted(String.valueOf(pair.get("value")), mounts));
    }
    return builder;
  }

  private String mounted(String word, List<String> mounts) {
    return mounts.stream()
        .filter(word::startsWith)
        .findFirst()
        .map(mount -> folder + word.substring(mount.length()))
        .orElse(word);
  }

  private static Map<?, ?> pod(Map<?, ?> job) {
    return in(in(in(in(in(job, "spec"), "jobTemplate"), "spec"), "template"), "spec");
  }

  @Test
  void springComponent_stopsAndStarts() {
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(simulator.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
            .build();
    Samples.OfficeHours hours = new Samples.OfficeHours(client, folder.resolve("night.jsonl"));
    for (int night = 1; night <= 2; night++) {
      hours.stopInTheEvening().block(PATIENCE);
      assertThat(running()).containsExactly("i-other");
      hours.startInTheMorning().block(PATIENCE);
      assertThat(running()).containsExactly("i-other", "i-a", "i-b", "i-c");
    }
    client.closeAsync().block(PATIENCE);
  }

  @Test
  void schedules_areValid() throws IOException {
    List<String> schedules = new ArrayList<>();
    for (Object document : new Yaml().loadAll(block("yaml"))) {
      Map<?, ?> job = (Map<?, ?>) document;
      assertThat(job.get("apiVersion")).isEqualTo("batch/v1");
      assertThat(job.get("kind")).isEqualTo("CronJob");
      Map<?, ?> spec = in(job, "spec");
      assertThat(spec.get("concurrencyPolicy")).isEqualTo("Forbid");
      Map<?, ?> pod = pod(job);
      assertThat(pod.get("restartPolicy")).isEqualTo("Never");
      assertThat((List<?>) pod.get("containers")).hasSize(1);
      assertThat((List<?>) pod.get("volumes")).hasSize(2);
      schedules.add(String.valueOf(spec.get("schedule")));
    }
    block("text")
        .lines()
        .filter(line -> line.startsWith("0 "))
        .forEach(line -> schedules.add(cron(line)));
    assertThat(schedules).hasSize(4);
    assertThat(schedules)
        .allSatisfy(
            schedule -> assertThat(CronExpression.isValidExpression("0 " + schedule)).isTrue());
  }

  private static String cron(String line) {
    return String.join(" ", List.of(line.split(" +", -1)).subList(0, 5));
  }

  private static List<?> list(Map<?, ?> map, String key) {
    return (List<?>) Objects.requireNonNull(map.get(key), key);
  }

  private static Map<?, ?> in(Map<?, ?> map, String key) {
    return (Map<?, ?>) Objects.requireNonNull(map.get(key), key);
  }
}
