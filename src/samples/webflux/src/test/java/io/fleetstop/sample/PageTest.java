package io.fleetstop.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.simulator.EcsSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The page in a browser: what it shows, by keyboard, after a reload and a restart. */
class PageTest {

  private static final String ENDED = "Run ended: ";

  private static Chromium browser;

  @TempDir private Path runs;

  private EcsSimulator service;
  private RunningSample sample;

  @BeforeAll
  static void open() {
    browser = Chromium.start();
  }

  @AfterAll
  static void quit() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void resetView() {
    browser.useDesktop();
    browser.useColorScheme("light");
  }

  @AfterEach
  void stop() {
    if (sample != null) {
      sample.close();
    }
    if (service != null) {
      service.dispose();
    }
    browser.console();
  }

  private void start(int instances, int rate) {
    service =
        EcsSimulator.builder()
            .instances(instances)
            .instance("i-down", "STOPPED")
            .stopDelay(Duration.ofMillis(300))
            .startNow();
    sample = RunningSample.start(service, runs, "--fleetstop.pace.rate=" + rate);
    browser.show(sample.address("/"));
  }

  private static void enter(List<String> ids) {
    browser.run(
        "const ids = document.getElementById('ids'); ids.value = '"
            + String.join("\\n", ids)
            + "'; ids.dispatchEvent(new Event('input'))");
  }

  private static void stopEntered() {
    browser.press("stop");
    browser.press("yes");
  }

  private static int squares(String kind) {
    return Integer.parseInt(
        browser.value("document.querySelectorAll('#grid [data-kind=" + kind + "]').length"));
  }

  private static void awaitStopped(int atLeast) {
    browser.await("document.querySelectorAll('#grid [data-kind=STOPPED]').length >= " + atLeast);
  }

  private static void assertNoProblem() {
    assertThat(browser.value("document.getElementById('problem').hidden")).isEqualTo("true");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void page_showsTheFleetStopping() throws Exception {
    start(240, 60);
    for (int i = 20; i < 240; i += 60) {
      service.failAlways(
          service.ids().get(i), EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE);
    }
    browser.photograph("empty");
    List<String> ids = new ArrayList<>(service.ids().subList(0, 240));
    ids.addAll(List.of("i-down", "i-gone"));
    enter(ids);
    browser.click("stop");
    assertThat(browser.text("asked")).isEqualTo("Stop 242 instances?");
    browser.photograph("question");

    browser.click("yes");
    browser.awaitText("counts", "in progress");
    awaitStopped(20);
    assertThat(browser.text("state")).isEqualTo("Stopping 242 instances.");
    assertThat(browser.text("counts")).contains("calls per second allowed\n60");
    browser.click("pause");
    browser.awaitText("state", "Paused. No new calls are made.");
    browser.photograph("light");
    browser.useColorScheme("dark");
    browser.photograph("dark");
    browser.usePhone();
    assertThat(browser.value("document.documentElement.scrollWidth")).isEqualTo("360");
    assertThat(
            browser.value(
                "[...document.querySelectorAll('section :is(button, select, table)')].every(part =>"
                    + " part.getBoundingClientRect().right <="
                    + " part.closest('section').getBoundingClientRect().right)"))
        .as("nothing sticks out of its card")
        .isEqualTo("true");
    browser.photograph("phone-dark");
    browser.useDesktop();
    browser.click("pause");

    browser.awaitText("state", "Run ended: 237 of 242 instances stopped, 5 not stopped.");
    assertThat(browser.text("headline")).isEqualTo("237 of 242 instances stopped");
    assertThat(squares("STOPPED")).isEqualTo(236);
    assertThat(squares("ALREADY_STOPPED")).isEqualTo(1);
    assertThat(squares("FAILED")).isEqualTo(5);
    assertThat(browser.text("rows"))
        .contains("OperationDenied.ResourceCreatedByOtherService\t4\t")
        .contains("InvalidInstance.NotFound\t1\t");
    assertThat(service.ledger().effects()).isEqualTo(236);
    browser.run(
        "const filter = document.getElementById('filter'); filter.value = 'attention';"
            + " filter.dispatchEvent(new Event('change'))");
    assertThat(browser.value("document.querySelectorAll('#instances tr').length")).isEqualTo("5");
    assertThat(browser.text("instances"))
        .contains("i-gone\tfailed\t", "does not list the instance");
    browser.useColorScheme("light");
    browser.photograph("ended");
    browser.usePhone();
    assertThat(browser.value("document.documentElement.scrollWidth")).isEqualTo("360");
    browser.photograph("phone-ended");
    assertNoProblem();
  }

  @Test
  void keyboard_reachesAndOperatesEveryControl() {
    start(60, 20);
    enter(service.ids().subList(0, 60));
    assertThat(tabStops(3)).containsExactly("ids", "stop", "load");
    browser.press("stop");
    assertThat(browser.value("document.activeElement.id")).as("the harmless one").isEqualTo("no");
    browser.press(Keys.ENTER);
    assertThat(browser.value("document.getElementById('question').open")).isEqualTo("false");

    stopEntered();
    browser.await("document.activeElement.id === 'fleet'");
    awaitStopped(1);
    assertThat(tabStops(1)).containsExactly("pause");
    browser.press(Keys.ENTER);
    browser.awaitText("state", "Paused.");
    assertThat(browser.text("pause")).isEqualTo("Resume");
    int stopped = squares("STOPPED");
    assertThat(tabStops(3)).containsExactly("drain", "filter", "each");
    browser.press("pause");
    awaitStopped(stopped + 5);
    browser.press("drain");
    browser.awaitText("state", ENDED);

    assertThat(service.ledger().effects()).isLessThan(60);
    assertNoProblem();
  }

  private static List<String> tabStops(int count) {
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      browser.press(Keys.TAB);
      reached.add(
          browser.value(
              "document.activeElement.id || document.activeElement.getAttribute('aria-labelledby')"));
    }
    return reached;
  }

  @Test
  void reloadInTheMiddle_runContinuesAndIsFound() {
    start(150, 40);
    enter(service.ids().subList(0, 150));
    stopEntered();
    awaitStopped(10);
    int before = squares("STOPPED");

    browser.reload();

    browser.awaitText("state", "Stopping 150 instances.");
    awaitStopped(before);
    browser.awaitText("state", "Run ended: 150 of 150 instances stopped.");
    assertThat(service.ids().subList(0, 150)).allMatch(id -> service.ledger().effects(id) == 1);
    browser.reload();
    browser.awaitText("state", "Run ended: 150 of 150 instances stopped.");
    assertNoProblem();
  }

  @Test
  void serverRestart_pageFindsTheRunPausedAndResumesIt() throws Exception {
    start(120, 30);
    enter(service.ids().subList(0, 120));
    stopEntered();
    awaitStopped(10);

    int port = sample.port();
    sample.close();
    browser.awaitText("state", "The server cannot be reached. Connecting again");
    long stopped = service.ledger().effects();
    sample = RunningSample.start(service, runs, "--server.port=" + port);
    browser.awaitText("state", "Paused: the server was restarted.");

    assertThat((long) squares("STOPPED")).isBetween(1L, stopped);
    assertThat(service.ledger().effects()).isEqualTo(stopped);
    browser.photograph("restarted");
    browser.press("pause");
    browser.awaitText("state", "Run ended: 120 of 120 instances stopped.");
    assertThat(service.ids().subList(0, 120)).allMatch(id -> service.ledger().effects(id) == 1);
  }

  @Test
  void hostileTextOfTheService_isShownNotRun() {
    start(1, 10);
    String hostile = "<img src=x onerror='window.ran=1'><script>window.ran=2</script>";
    service.failAlways(
        service.ids().get(0),
        new ErrorCode(
            "Denied." + hostile,
            Category.CONFLICT,
            null,
            400,
            Scope.STOP_INSTANCE,
            hostile,
            hostile));
    enter(service.ids().subList(0, 1));
    stopEntered();

    browser.awaitText("state", "Run ended: 0 of 1 instance stopped, 1 not stopped.");
    assertThat(browser.text("rows")).contains(hostile);
    assertThat(browser.text("instances")).contains(hostile);
    assertThat(browser.value("window.ran")).isEqualTo("undefined");
    assertThat(browser.value("document.querySelectorAll('img, main script').length"))
        .isEqualTo("0");
    assertNoProblem();
  }

  @Test
  void runThatIsNotStarted_statesWhy() {
    start(1, 10);
    enter(List.of("<img/src=x/onerror=window.ran=1>"));
    stopEntered();

    browser.awaitText("problem", "The run was not started. 1 of 1 instance id is invalid");
    assertThat(browser.text("problem")).contains("<img/src=x/onerror=");
    assertThat(browser.value("window.ran")).isEqualTo("undefined");
    assertThat(browser.value("document.querySelectorAll('img').length")).isEqualTo("0");
    assertThat(service.calls()).isZero();
  }
}
