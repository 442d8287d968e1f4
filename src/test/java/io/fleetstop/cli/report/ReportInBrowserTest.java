package io.fleetstop.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.browser.Browser;
import io.fleetstop.cli.report.ReportSummary.ErrorCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The report in a browser: its text, keyboard operation and accessibility. */
@Tag("long")
class ReportInBrowserTest {

  private static final int INSTANCES = 10_000;
  private static final int FAILED = 300;
  private static final String TAB = "\uE004";
  private static final String ENTER = "\uE007";
  private static final String ESCAPE = "\uE00C";
  private static final String RIGHT = "\uE014";
  private static final String END = "\uE010";
  private static final String NOT_FOUND = "InvalidInstance.NotFound";

  private static final String HOSTILE =
      "</script><script>window.ran=1</script><img src=x onerror='window.ran=2'>"
          + "<svg onload='window.ran=3'>\u202e{{run}}";

  @TempDir private static Path directory;
  private static Browser browser;
  private static Path large;

  @BeforeAll
  static void open() throws IOException, InterruptedException {
    browser = Browser.start();
    large = directory.resolve("large.html");
    List<ObjectNode> outcomes = new ArrayList<>();
    for (int i = 0; i < INSTANCES; i++) {
      String id = String.format("i-%05d", i);
      outcomes.add(
          i < FAILED
              ? Pages.outcome(id, "FAILED", NOT_FOUND, "There is no " + id, i)
              : Pages.outcome(id, "STOPPED", null, null, i));
    }
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put("STOPPED", (long) INSTANCES - FAILED);
    counts.put("FAILED", (long) FAILED);
    Pages.write(
        large,
        outcomes,
        Pages.run(
            "night",
            counts,
            List.of(new ErrorCount(NOT_FOUND, "It is gone.", FAILED, "Check the ids."))),
        Pages.calls(8));
  }

  @AfterAll
  static void quit() throws IOException, InterruptedException {
    if (browser != null) {
      browser.quit();
    }
  }

  @AfterEach
  void consoleIsEmptyAndNothingWasLoaded() throws IOException, InterruptedException {
    assertThat(browser.console()).isEmpty();
    assertThat(browser.requests())
        .isNotEmpty()
        .allSatisfy(address -> assertThat(address).startsWith("file:").endsWith(".html"));
  }

  private static int rows() throws IOException, InterruptedException {
    return browser.run("return document.querySelectorAll('#rows tr').length").asInt();
  }

  private static String firstId() throws IOException, InterruptedException {
    return browser.text("document.querySelector('#rows td').textContent");
  }

  private static String found() throws IOException, InterruptedException {
    return browser.text("document.getElementById('found').textContent");
  }

  private static void focus(String selector) throws IOException, InterruptedException {
    browser.run("document.querySelector(\"" + selector + "\").focus()");
  }

  @Test
  void summary_showsOutcomesAndExitCode() throws Exception {
    browser.show(large);

    String page = browser.text("document.body.innerText");
    assertThat(page)
        .contains("9,700 of 10,000 instances stopped; 300 need a hand")
        .contains("Some instances failed (exit code 1)")
        .contains(
            "Stopped\n9,700 97%", "Failed\n300 3%", "Run id\nnight", "32: 32 let in, 0 throttled")
        .contains("up to 8/s let in, limit 16/s at the end");
    assertThat(browser.text("document.title"))
        .isEqualTo("night: 9,700 of 10,000 instances stopped - fleetstop");
  }

  @Test
  void headline_separatesDryRunFromAlreadyStopped() throws Exception {
    Map<String, Long> counts = new LinkedHashMap<>(Map.of("DRY_RUN_PASSED", 3L));
    counts.put("ALREADY_STOPPED", 2L);
    counts.put("FAILED", 1L);

    assertThat(headline("dry run", counts))
        .isEqualTo("3 of 6 instances passed the dry run, 2 already stopped; 1 needs a hand");
  }

  @Test
  void headlineWithoutSuccess_namesTheOperation() throws Exception {
    Map<String, Long> counts = Map.of("UNCONFIRMED", 3L);

    assertThat(headline("dry run", counts))
        .isEqualTo("0 of 3 instances passed the dry run; 3 need a hand");
    assertThat(headline("night", counts)).isEqualTo("0 of 3 instances stopped; 3 need a hand");
  }

  private static String headline(String mode, Map<String, Long> counts) throws Exception {
    Path page = directory.resolve("headline.html");
    Pages.write(page, List.of(), Pages.run(mode, counts, List.of()), Pages.calls(1));
    browser.show(page);
    return browser.text("document.getElementById('headline').textContent");
  }

  @Test
  void missingOutcome_isNotBegunOrWithoutOutcome() throws Exception {
    assertThat(countsOfThreeInFour("Client.JournalFailed")).contains("Not begun1 25%");
    assertThat(countsOfThreeInFour(null)).contains("No outcome1 25%");
  }

  private static String countsOfThreeInFour(@Nullable String cause) throws Exception {
    Path page = directory.resolve("early.html");
    ReportSummary run = Pages.run("early", 4, Map.of("STOPPED", 3L), List.of(), cause);
    Pages.write(page, List.of(), run, Pages.calls(1));
    browser.show(page);
    return browser.text("document.getElementById('counts').textContent");
  }

  @Test
  void tenThousandInstances_areShownInPages() throws Exception {
    browser.show(large);

    assertThat(rows()).isEqualTo(100);
    assertThat(found()).isEqualTo("10,000 instances, 1 to 100 shown");
    focus("#next");
    browser.press(ENTER);
    assertThat(firstId()).isEqualTo("i-00100");
    focus("#last");
    browser.press(ENTER);
    assertThat(found()).endsWith("9,901 to 10,000 shown");
    assertThat(browser.text("document.getElementById('next').disabled")).isEqualTo("true");
  }

  @Test
  void slashKey_searchesAndEscapeEndsIt() throws Exception {
    browser.show(large);

    browser.press("/");
    browser.type("NO I-0001");
    waitUntilFound("10 of 10,000 instances");
    assertThat(rows()).isEqualTo(10);
    assertThat(firstId()).isEqualTo("i-00010");
    browser.press(ESCAPE);
    waitUntilFound("10,000 instances, 1 to 100 shown");
    browser.type("nowhere");
    waitUntilFound("No instance matches");
    assertThat(rows()).isZero();
  }

  // The page handles a key in a separate task.
  private static void waitUntilFound(String text) throws Exception {
    for (int i = 0; i < 500 && !found().equals(text); i++) {
      browser.run("return new Promise(passed => setTimeout(passed, 20))");
    }
    assertThat(found()).isEqualTo(text);
  }

  @Test
  void filters_workByKeyboard() throws Exception {
    browser.show(large);
    focus("#search");
    browser.press(TAB, TAB, TAB, ENTER);

    assertThat(browser.text("document.activeElement.textContent")).isEqualTo("Failed 300");
    assertThat(browser.text("document.activeElement.getAttribute('aria-pressed')"))
        .isEqualTo("true");
    assertThat(found()).isEqualTo("300 of 10,000 instances, 1 to 100 shown");
  }

  @Test
  void columnHeaders_sortAndSetAriaSort() throws Exception {
    browser.show(large);
    String header = "th[data-key='elapsedMillis']";
    String sort = "document.querySelector(\"" + header + "\").getAttribute('aria-sort')";
    focus(header + " button");

    browser.press(ENTER, ENTER);
    assertThat(browser.text(sort)).isEqualTo("descending");
    assertThat(firstId()).isEqualTo("i-09999");
    browser.press(ENTER);
    assertThat(browser.text(sort)).isEqualTo("none");
    browser.press(ENTER);
    assertThat(browser.text(sort)).isEqualTo("ascending");
    assertThat(firstId()).isEqualTo("i-00000");
  }

  @Test
  void needsAHand_isGroupedByReasonWithWhatToDo() throws Exception {
    Path page = directory.resolve("hand.html");
    ObjectNode web = Pages.outcome("i-1", "FAILED", NOT_FOUND, "gone", 1).put("name", "web-1");
    Pages.write(
        page,
        List.of(
            Pages.outcome("i-2", "UNCONFIRMED", null, "not stopped within 10 min", 1),
            web.put("zone", "zone-a").put("tags", "env=dev"),
            Pages.outcome("i-3", "FAILED", NOT_FOUND, "gone", 1),
            Pages.outcome("i-4", "STOPPED", null, null, 1)),
        Pages.run(
            "night",
            Map.of("FAILED", 2L, "UNCONFIRMED", 1L, "STOPPED", 1L),
            List.of(new ErrorCount(NOT_FOUND, "It is gone.", 2, "Check the ids."))),
        Pages.calls(1));
    browser.show(page);

    assertThat(browser.text("document.getElementById('codes').innerText"))
        .containsSubsequence(
            NOT_FOUND,
            "It is gone.",
            "web-1, i-3",
            "Check the ids.",
            "2",
            "not stopped within 10 min",
            "i-2",
            "fleetstop wait --until STOPPED",
            "1");
    assertThat(browser.text("document.querySelectorAll('#rows td')[8].innerText"))
        .isEqualTo("i-1\nweb-1, zone-a, env=dev");
    focus("#codes tr:last-child button");
    browser.press(ENTER);
    assertThat(found()).isEqualTo("1 of 4 instances");
  }

  @Test
  void errorCode_filtersItsInstances() throws Exception {
    browser.show(large);
    focus("#codes button");
    browser.press(ENTER);

    assertThat(found()).isEqualTo("300 of 10,000 instances, 1 to 100 shown");
    assertThat(browser.text("document.activeElement.id")).isEqualTo("instances");
  }

  @Test
  void chart_isReadableByKeyboardAndAsATable() throws Exception {
    browser.show(large);
    focus("#plot");
    browser.press(RIGHT);

    String value = "document.getElementById('plot').getAttribute('aria-valuetext')";
    assertThat(browser.text(value)).isEqualTo("1 to 2 s: 8/s let in, limit 16/s");
    assertThat(browser.text("document.getElementById('tip').hidden")).isEqualTo("false");
    browser.press(END);
    assertThat(browser.text(value)).startsWith("3 to 4 s");
    assertThat(browser.text("document.querySelectorAll('#moments tr').length")).isEqualTo("4");
    focus("#numbers summary");
    browser.press(ENTER);
    assertThat(browser.text("document.querySelector('#moments tr').innerText"))
        .isEqualTo("0 to 1 s\t8\t0\t0\t8\t16");
    assertThat(browser.text("document.querySelectorAll('#plot rect.granted').length"))
        .isEqualTo("4");
  }

  @Test
  void tab_reachesEveryControl() throws Exception {
    browser.show(large);
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      browser.press(TAB);
      reached.add(
          browser.text("document.activeElement.id || document.activeElement.innerText.trim()"));
    }

    assertThat(reached)
        .containsSubsequence(
            "Skip to the instances",
            NOT_FOUND,
            "plot",
            "The same as a table",
            "search",
            "All 10,000",
            "Instance",
            "Message",
            "next",
            "last");
  }

  @Test
  void darkAndLight_haveEnoughContrast() throws Exception {
    for (String scheme : List.of("light", "dark")) {
      browser.command(
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
      browser.show(large);

      JsonNode contrasts = browser.run(script("contrast.js"));
      assertThat(contrasts.size()).isGreaterThan(20);
      for (JsonNode text : contrasts) {
        assertThat(text.get("ratio").asDouble()).as("%s: %s", scheme, text).isGreaterThan(4.5);
      }
      assertThat(browser.text("getComputedStyle(document.body).backgroundColor"))
          .isEqualTo(scheme.equals("light") ? "rgb(246, 247, 248)" : "rgb(18, 21, 24)");
    }
  }

  private static String script(String name) throws IOException {
    return Files.readString(Path.of("src/test/resources/report", name));
  }

  @Test
  void narrowScreen_doesNotOverflow() throws Exception {
    browser.command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 360, "height", 800, "deviceScaleFactor", 1, "mobile", true));
    try {
      browser.show(large);

      assertThat(browser.text("document.documentElement.scrollWidth")).isEqualTo("360");
      assertThat(browser.text("document.querySelector('#plot svg').getAttribute('width') < 360"))
          .isEqualTo("true");
    } finally {
      browser.command("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  @Test
  void print_containsEverySelectedRow() throws Exception {
    browser.show(large);
    focus("#filters button:last-child");
    browser.press(ENTER);
    browser.run("dispatchEvent(new Event('beforeprint'))");
    assertThat(rows()).isEqualTo(FAILED);

    browser.run("dispatchEvent(new Event('afterprint'))");
    assertThat(rows()).isEqualTo(100);
  }

  @Test
  void hostileText_isShownNotRun() throws Exception {
    Path hostile = directory.resolve("hostile.html");
    Pages.write(
        hostile,
        List.of(Pages.outcome(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1)),
        Pages.run(
            HOSTILE, Map.of(HOSTILE, 1L), List.of(new ErrorCount(HOSTILE, HOSTILE, 1, HOSTILE))),
        Pages.calls(40));
    browser.show(hostile);

    assertThat(browser.text("window.ran")).isEqualTo("undefined");
    assertThat(browser.text("document.querySelectorAll('img, main svg[onload]').length"))
        .isEqualTo("0");
    String shown = "</script><script>window.ran=1</script><img src=x onerror='window.ran=2'>";
    assertThat(browser.text("document.querySelector('#rows td.message').textContent"))
        .startsWith(shown)
        .endsWith("\\u202e{{run}}");
    assertThat(browser.text("document.getElementById('facts').textContent")).contains(shown);
  }

  @Test
  void addedScript_isBlockedByThePolicy() throws Exception {
    Path changed = directory.resolve("changed.html");
    String page = Files.readString(large);
    Files.writeString(
        changed, page.replace("<main hidden>", "<script>window.ran=1</script><main hidden>"));
    browser.show(changed);

    assertThat(browser.text("window.ran")).isEqualTo("undefined");
    assertThat(browser.console())
        .singleElement()
        .asString()
        .contains("Content Security Policy directive");
  }
}
