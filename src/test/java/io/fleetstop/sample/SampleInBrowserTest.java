package io.fleetstop.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.browser.Browser;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.transport.HttpExchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.GenericApplicationContext;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sample's page in a browser: what it shows, by keyboard, and as pictures. */
class SampleInBrowserTest {

  private static final Path PICTURES = Path.of("target", "pictures");
  private static final int FLEET = 240;
  private static final String TAB = "\uE004";
  private static final String ENTER = "\uE007";
  private static final String HOSTILE =
      "<img src=x onerror='window.ran=1'><script>window.ran=2</script>\"'`\u202e${1}";

  private static Browser browser;
  private static RunningSample sample;

  @BeforeAll
  static void open() throws IOException, InterruptedException {
    browser = Browser.start();
    sample =
        RunningSample.start(
            EcsSimulator.builder()
                .instances(FLEET)
                .instance("i-down", "STOPPED")
                .stopDelay(Duration.ofMillis(700)),
            "--fleetstop.pace.rate=60");
    for (int i = 20; i < FLEET; i += 60) {
      sample
          .service()
          .failAlways(
              sample.service().ids().get(i),
              EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE);
    }
  }

  @AfterAll
  static void quit() throws IOException, InterruptedException {
    if (sample != null) {
      sample.close();
    }
    if (browser != null) {
      browser.quit();
    }
  }

  @AfterEach
  void consoleIsEmptyAndOnlyOwnUrlsAreLoaded() throws Exception {
    assertThat(browser.console()).isEmpty();
    assertThat(browser.requests())
        .isNotEmpty()
        .allSatisfy(
            address ->
                assertThat(address).matches("http://127\\.0\\.0\\.1:\\d+/.*|data:,|about:blank"));
  }

  private static void press(String id) throws Exception {
    browser.run("document.getElementById('" + id + "').focus()");
    browser.press(ENTER);
  }

  /** Clicks by script: after a screenshot the browser may lose key events. */
  private static void click(String id) throws Exception {
    browser.run("document.getElementById('" + id + "').click()");
  }

  private static void enter(String ids) throws Exception {
    browser.run(
        "const ids = document.getElementById('ids'); ids.value = "
            + new JsonMapper().writeValueAsString(ids)
            + "; ids.dispatchEvent(new Event('input'))");
  }

  private static void stop() throws Exception {
    press("stop");
    press("yes");
  }

  private static String text(String id) throws Exception {
    return browser.text("document.getElementById('" + id + "').innerText");
  }

  private static void await(String id, String text) throws Exception {
    browser.await("document.getElementById('" + id + "').innerText.includes('" + text + "')");
  }

  private static int squares(String kind) throws Exception {
    return browser
        .run("return document.querySelectorAll('#grid [data-kind=" + kind + "]').length")
        .asInt();
  }

  private static void useColorScheme(String scheme) throws Exception {
    browser.command(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  private static void assertContrast() throws Exception {
    JsonNode contrasts =
        browser.run(Files.readString(Path.of("src/test/resources/report/contrast.js")));
    assertThat(contrasts.size()).isGreaterThan(5);
    for (JsonNode text : contrasts) {
      assertThat(text.get("ratio").asDouble()).as("%s", text).isGreaterThan(4.5);
    }
  }

  @Test
  void page_showsTheFleetStopping() throws Exception {
    useColorScheme("light");
    browser.show(sample.address("/"));
    assertContrast();
    browser.photograph(PICTURES.resolve("sample-empty.png"));
    List<String> ids = new ArrayList<>(sample.service().ids().subList(0, FLEET));
    ids.addAll(List.of("i-down", "i-gone"));
    enter(String.join("\n", ids));
    click("stop");
    assertThat(text("asked")).isEqualTo("Stop 242 instances?");
    browser.photograph(PICTURES.resolve("sample-question.png"));

    click("yes");
    await("counts", "stopped");
    await("counts", "in progress");
    assertThat(text("state")).isEqualTo("Stopping 242 instances.");
    assertThat(squares("OPEN")).isPositive();
    assertThat(squares("WAITING")).isPositive();
    click("pause");
    await("state", "Paused. No new calls are made.");
    assertContrast();
    browser.photograph(PICTURES.resolve("sample-light.png"));
    useColorScheme("dark");
    assertContrast();
    browser.photograph(PICTURES.resolve("sample-dark.png"));
    click("pause");
    await("state", "Resumed.");

    await("state", "Run ended: 237 of 242 instances stopped, 5 not stopped.");
    assertThat(text("headline")).isEqualTo("237 of 242 instances stopped");
    assertThat(squares("STOPPED")).isEqualTo(236);
    assertThat(squares("ALREADY_STOPPED")).isEqualTo(1);
    assertThat(squares("FAILED")).isEqualTo(5);
    assertThat(text("rows"))
        .contains("OperationDenied.ResourceCreatedByOtherService\t4\t")
        .contains("InvalidInstance.NotFound\t1\tThe service does not list the instance");
    assertThat(browser.text("document.querySelector('#grid i:last-child').title"))
        .isEqualTo("i-gone: failed");
    assertThat(sample.service().ledger().effects()).isEqualTo(236);
    browser.photograph(PICTURES.resolve("sample-ended-dark.png"));
    assertPhoneLayout();
  }

  private static void assertPhoneLayout() throws Exception {
    browser.command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 360, "height", 800, "deviceScaleFactor", 2, "mobile", true));
    try {
      useColorScheme("light");
      assertThat(browser.text("document.documentElement.scrollWidth")).isEqualTo("360");
      browser.photograph(PICTURES.resolve("sample-narrow.png"));
    } finally {
      browser.command("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  @Test
  void tab_reachesEveryControl() throws Exception {
    browser.show(sample.address("/"));
    enter("i-down");
    browser.run("document.body.focus()");
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      browser.press(TAB);
      reached.add(browser.text("document.activeElement.id"));
    }
    assertThat(reached).containsExactly("ids", "stop", "load");

    press("stop");
    assertThat(browser.text("document.activeElement.id")).as("the harmless one").isEqualTo("no");
    browser.press(ENTER);
    assertThat(browser.text("document.getElementById('question').open")).isEqualTo("false");
    stop();
    await("state", "Run ended: 1 of 1 instance stopped.");
    assertThat(browser.text("document.activeElement.id")).isEqualTo("fleet");
  }

  private static void drainAfterOneOfThree() throws Exception {
    press("load");
    await("stop", "Stop 3 instances");
    stop();
    browser.await("document.querySelectorAll('#grid [data-kind=STOPPED]').length === 1");
    press("drain");
  }

  @Test
  void drain_skipsTheRest() throws Exception {
    EcsSimulatorBuilder service = EcsSimulator.builder().instances(3);
    try (RunningSample slow = RunningSample.start(service, "--fleetstop.pace.rate=0.01")) {
      browser.show(slow.address("/"));
      drainAfterOneOfThree();

      await("state", "Run ended: 1 of 3 instances stopped, 2 not stopped.");
      assertThat(squares("SKIPPED")).isEqualTo(2);
      assertThat(slow.service().ledger().effects()).isEqualTo(1);
      browser.show(sample.address("/"));
    }
  }

  @Test
  void lateDrainReply_changesNothing() throws Exception {
    EcsSimulatorBuilder service = EcsSimulator.builder().instances(3);
    try (RunningSample slow = RunningSample.start(service, "--fleetstop.pace.rate=0.01")) {
      browser.show(slow.address("/"));
      browser.run(
          "const real = window.fetch; window.fetch = async (path, options) => {"
              + " const answer = await real(path, options);"
              + " if (options?.method === 'DELETE')"
              + "   await new Promise((done) => { window.arrive = done; });"
              + " return answer; }");
      drainAfterOneOfThree();
      await("state", "Run ended: 1 of 3 instances stopped, 2 not stopped.");
      browser.await("window.arrive !== undefined");

      // Microtasks that await the reply run before the next task.
      browser.run("window.arrive(); return new Promise((done) => setTimeout(done))");

      assertThat(text("state")).isEqualTo("Run ended: 1 of 3 instances stopped, 2 not stopped.");
      browser.show(sample.address("/"));
    }
  }

  @Test
  void hostileText_isShownNotRun() throws Exception {
    EcsSimulatorBuilder service = EcsSimulator.builder().instances(1);
    try (RunningSample hostile = RunningSample.start(service, SampleInBrowserTest::hostile)) {
      browser.show(hostile.address("/"));
      enter("i-1");
      stop();
      await("state", "Run ended: 0 of 1 instance stopped, 1 not stopped.");
      assertThat(browser.text("document.querySelector('#rows td').textContent"))
          .startsWith("_img_src_x_onerror_window.ran_1_script_window.ran_2_script_");
      assertThat(browser.text("document.querySelector('#rows td:last-child').textContent"))
          .contains("<script>window.ran=2</script>");

      enter("<img/src=x/onerror='window.ran=1'>");
      stop();
      await("problem", "<img/src=x/onerror=");
      assertThat(browser.console()).singleElement().asString().contains("status of 400");

      assertThat(browser.text("window.ran")).isEqualTo("undefined");
      assertThat(browser.text("document.querySelectorAll('img, main script').length"))
          .isEqualTo("0");
      browser.show(sample.address("/"));
    }
  }

  private static void hostile(GenericApplicationContext context) {
    byte[] body =
        new JsonMapper()
            .writeValueAsBytes(
                Map.of(
                    "ResponseMetadata",
                    Map.of(
                        "RequestId",
                        HOSTILE,
                        "Error",
                        Map.of("Code", HOSTILE, "Message", HOSTILE))));
    HttpExchange service =
        (request, maySend) ->
            Mono.fromSupplier(
                () -> {
                  assertThat(maySend.getAsBoolean()).isTrue();
                  return new HttpExchange.Response(400, Map.of(), body);
                });
    context.registerBean(HttpExchange.class, () -> service);
  }
}
