package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.EcsSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A fleet selected by filters, and its maximum size. */
class StopFilterTest {

  private static final int FLEET = 36;

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(FLEET).stopDelay(Duration.ofMinutes(5)).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stop(TestTerminal terminal, String... options) {
    List<String> args = new ArrayList<>(List.of("--yes", "--no-wait", "--rate=500"));
    args.addAll(Arrays.asList(options));
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  private List<String> stopped() {
    return simulator.ids().stream().filter(id -> simulator.ledger().effects(id) > 0).toList();
  }

  /** Returns the ids of the simulated instances whose number matches. */
  private List<String> numbered(Predicate<Integer> passes) {
    return IntStream.rangeClosed(1, FLEET)
        .filter(passes::test)
        .mapToObj(i -> simulator.ids().get(i - 1))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "--tag=role, 36",
    "--tag=role=web, 18",
    "--tag=role=worker --tag=role=web, 36",
    "--tag=role=web --tag=env=dev --tag=env=prod, 13",
    "--zone=cn-beijing-b, 12",
    "--project=batch, 12",
    "--vpc=vpc-sim02, 17",
    "--status=running --zone=cn-beijing-b --tag=role=worker, 6"
  })
  void everyFilter_limitsTheFleet(String filters, int expected) {
    assertThat(stop(terminal, (filters + " --max-instances=36").split(" ", -1))).isZero();

    assertThat(stopped()).hasSize(expected);
    assertThat(terminal.outLines()).hasSize(expected);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(expected);
  }

  @Test
  void filter_stopsMatchingInstancesOnly() {
    assertThat(stop(terminal, "--tag=role=worker", "--max-instances=18")).isZero();

    assertThat(stopped()).isEqualTo(numbered(number -> number % 2 == 1));
  }

  @Test
  void moreThanMaxInstances_stopsNothing() {
    assertThat(stop(terminal, "--tag=role=web", "--max-instances=17")).isEqualTo(2);

    assertThat(simulator.ledger().calls("StopInstance")).isZero();
    assertThat(terminal.errText())
        .contains("the fleet has 18 instances, more than the 17 of --max-instances");
  }

  @Test
  void dryRun_needsNoMaxInstances() {
    assertThat(terminal.stop(simulator, "--dry-run", "--tag=role=web")).isZero();

    assertThat(terminal.outLines()).hasSize(18).allMatch(line -> line.contains("  DRY_RUN_PASSED"));
  }

  @Test
  void confirmedOnTheTerminal_needsNoMaxInstances() {
    terminal.terminals(Stream.STDIN, Stream.STDERR).input("y\n");

    assertThat(terminal.stop(simulator, "--no-wait", "--rate=500", "--tag=role=web")).isZero();
    assertThat(stopped()).hasSize(18);
  }

  @Test
  void simulate_isFilteredToo() {
    TestTerminal bare = new TestTerminal();

    assertThat(bare.run("stop", "--simulate=36", "--tag=role=web")).isZero();
    assertThat(bare.outLines()).hasSize(18).allMatch(line -> line.contains("  STOPPED"));
  }

  @Test
  void emptyFleet_exitsWithOneUnlessAllowed() {
    String[] filters = {"--status=STOPPED", "--tag=env=dve", "--max-instances=5"};
    assertThat(stop(terminal, filters)).isEqualTo(1);
    assertThat(terminal.errText())
        .contains("no instance in cn-beijing passes --status STOPPED --tag env=dve; nothing was")
        .contains("or add --allow-empty");

    TestTerminal allowed = TestTerminal.of(simulator);
    assertThat(stop(allowed, with(filters, "--allow-empty"))).isZero();
    assertThat(allowed.outText()).isEmpty();
    assertThat(allowed.errText()).contains("no instance in cn-beijing passes --status STOPPED");
  }

  @Test
  void tagThatNoInstanceHas_isReported() {
    String[] filters = {"--tag=env=dve", "--tag=env=dev", "--tag=role", "--max-instances=36"};
    assertThat(stop(terminal, filters)).isZero();

    assertThat(terminal.errText())
        .contains("--tag env=dve: no instance has this tag\n")
        .doesNotContain("--tag env=dev:", "--tag role:");
  }

  @Test
  void manyPages_areAllRead() {
    EcsSimulator large = EcsSimulator.builder().instances(1_234).startNow();
    String[] args = {"--dry-run", "--quiet", "--output=jsonl", "--status=RUNNING", "--rate=5000"};

    assertThat(TestTerminal.of(large).stop(large, args)).isZero();
    assertThat(large.ledger().calls("DescribeInstances")).isBetween(13L, 16L);
    assertThat(large.ledger().calls("StopInstance")).isEqualTo(1_234);
    large.dispose();
  }

  @Test
  void failedPage_stopsNothing() {
    EcsSimulator large = EcsSimulator.builder().instances(300).startNow();
    large.failNext("DescribeInstances", GatewayErrors.ACCESS_DENIED, 1);
    TestTerminal forbidden = TestTerminal.of(large);

    assertThat(forbidden.stop(large, "--status=RUNNING", "--yes", "--max-instances=300"))
        .isEqualTo(4);
    assertThat(forbidden.errText())
        .contains("the list of instances is incomplete: AccessDenied: ")
        .contains("(nothing was stopped)");
    assertThat(large.ledger().calls("StopInstance")).isZero();
    large.dispose();
  }

  @Test
  void resume_completesInstancesThatNoLongerMatch() {
    String journal = "--journal=" + directory.resolve("run.jsonl");
    String[] filters = {"--status=RUNNING", "--tag=role=worker", "--max-instances=18", journal};
    terminal.onLine(line -> terminal.interruptOnce());
    String[] first = with(filters, "--yes", "--rate=20", "--wait-timeout=100ms");
    assertThat(terminal.stop(simulator, first)).isEqualTo(130);
    List<String> stopping = stopped();
    assertThat(stopping).hasSizeBetween(1, 17);

    TestTerminal again = TestTerminal.of(simulator);
    assertThat(stop(again, with(filters, "--resume"))).as(again.errText()).isZero();

    List<String> all = numbered(number -> number % 2 == 1);
    assertThat(again.outLines()).hasSize(18).allMatch(line -> line.contains("  ACCEPTED"));
    assertThat(stopped()).isEqualTo(all);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
    assertThat(all).allSatisfy(id -> assertThat(simulator.ledger().stopCalls(id)).isEqualTo(1));
  }

  @Test
  void maxInstances_countsResumedInstancesToo() {
    String journal = "--journal=" + directory.resolve("run.jsonl");
    assertThat(stop(terminal, "--zone=cn-beijing-a", "--max-instances=12", journal)).isZero();

    TestTerminal again = TestTerminal.of(simulator);
    assertThat(stop(again, "--zone=cn-beijing-b", "--max-instances=23", journal, "--resume"))
        .isEqualTo(2);
    assertThat(again.errText())
        .contains("the fleet has 24 instances, more than the 23")
        .contains("; nothing more was stopped.");
    assertThat(stopped()).hasSize(12);
  }

  @Test
  void resumeWithNothingLeft_isReported() {
    String[] filters = {"--zone=cn-beijing-a", "--max-instances=12"};
    String journal = "--journal=" + directory.resolve("run.jsonl");
    assertThat(stop(terminal, with(filters, journal))).isZero();

    TestTerminal again = TestTerminal.of(simulator);
    assertThat(stop(again, with(filters, journal, "--resume"))).isZero();
    assertThat(again.errText())
        .contains("Every instance that matches the filters already has its outcome");
  }

  private static String[] with(String[] args, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    all.addAll(Arrays.asList(more));
    return all.toArray(new String[0]);
  }
}
