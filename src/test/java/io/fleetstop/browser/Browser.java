package io.fleetstop.browser;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A headless Chromium, driven by the WebDriver protocol. */
public final class Browser {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Pattern STARTED = Pattern.compile("started successfully on port (\\d+)");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int AWAITS = 1_000;
  private static final List<String> ARGUMENTS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process driver;
  private final String address;
  private String session = "";

  private Browser(Process driver, int port) {
    this.driver = driver;
    this.address = "http://127.0.0.1:" + port;
  }

  /** Starts one, or skips the test where there is none. */
  public static Browser start() throws IOException, InterruptedException {
    String browser = onPath("chromium", "chromium-browser", "google-chrome", "chrome");
    String driver = onPath("chromedriver");
    assumeTrue(browser != null && driver != null, "Chromium and chromedriver are not on the PATH");
    Process process =
        new ProcessBuilder(List.of(Objects.requireNonNull(driver), "--port=0"))
            .redirectErrorStream(true)
            .start();
    Browser started = new Browser(process, port(process.inputReader()));
    try {
      started.open(Objects.requireNonNull(browser));
      return started;
    } catch (IOException | RuntimeException e) {
      started.quit();
      throw e;
    }
  }

  private static @Nullable String onPath(String... programs) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.of(programs)
        .flatMap(
            program ->
                Stream.of(path.split(Pattern.quote(File.pathSeparator)))
                    .map(folder -> Path.of(folder, program)))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse(null);
  }

  private static int port(BufferedReader output) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher started = STARTED.matcher(line);
      if (started.find()) {
        return Integer.parseInt(started.group(1));
      }
    }
    throw new IOException("chromedriver did not start");
  }

  private void open(String browser) throws IOException, InterruptedException {
    Map<String, Object> wanted =
        Map.of(
            "goog:chromeOptions", Map.of("binary", browser, "args", ARGUMENTS),
            "goog:loggingPrefs", Map.of("browser", "ALL", "performance", "ALL"));
    JsonNode opened = post("/session", Map.of("capabilities", Map.of("alwaysMatch", wanted)));
    session = "/session/" + opened.get("sessionId").asString();
  }

  /** Opens a file. */
  public void show(Path file) throws IOException, InterruptedException {
    show(file.toUri());
  }

  /** Opens an address. */
  public void show(URI address) throws IOException, InterruptedException {
    post(session + "/url", Map.of("url", address.toString()));
  }

  /** Waits until an expression in the page is true, and fails if it does not come to that. */
  public void await(String condition) throws IOException, InterruptedException {
    for (int i = 0; i < AWAITS; i++) {
      if (text(condition).equals("true")) {
        return;
      }
      run("return new Promise(passed => setTimeout(passed, 20))");
    }
    throw new AssertionError(
        "the page does not come to " + condition + ": " + text("document.body.innerText"));
  }

  /** Writes a picture of the whole page. */
  public void photograph(Path png) throws IOException, InterruptedException {
    String data =
        command("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
            .get("data")
            .asString();
    Files.createDirectories(png.toAbsolutePath().getParent());
    Files.write(png, Base64.getDecoder().decode(data));
  }

  /** Runs the body of a function in the page. */
  public JsonNode run(String script) throws IOException, InterruptedException {
    return post(session + "/execute/sync", Map.of("script", script, "args", List.of()));
  }

  /** The value of an expression in the page, as text. */
  public String text(String expression) throws IOException, InterruptedException {
    return run("return String(" + expression + ")").asString();
  }

  /** Presses and releases keys, on whatever has the focus. */
  public void press(String... keys) throws IOException, InterruptedException {
    List<Map<String, String>> actions = new ArrayList<>();
    for (String key : keys) {
      actions.add(Map.of("type", "keyDown", "value", key));
      actions.add(Map.of("type", "keyUp", "value", key));
    }
    post(
        session + "/actions",
        Map.of("actions", List.of(Map.of("type", "key", "id", "keys", "actions", actions))));
  }

  /** Types a text. */
  public void type(String text) throws IOException, InterruptedException {
    press(text.codePoints().mapToObj(Character::toString).toArray(String[]::new));
  }

  /** Sends a command to the developer tools. */
  public JsonNode command(String name, Map<String, Object> parameters)
      throws IOException, InterruptedException {
    return post(session + "/goog/cdp/execute", Map.of("cmd", name, "params", parameters));
  }

  /** Returns the errors and warnings of the console. */
  public List<String> console() throws IOException, InterruptedException {
    return log("browser");
  }

  /** Returns the requested URLs. */
  public List<String> requests() throws IOException, InterruptedException {
    return log("performance").stream()
        .map(entry -> MAPPER.readTree(entry).get("message"))
        .filter(event -> event.get("method").asString().equals("Network.requestWillBeSent"))
        .map(event -> event.get("params").get("request").get("url").asString())
        .toList();
  }

  private List<String> log(String type) throws IOException, InterruptedException {
    List<String> messages = new ArrayList<>();
    post(session + "/se/log", Map.of("type", type))
        .forEach(entry -> messages.add(entry.get("message").asString()));
    return messages;
  }

  private JsonNode post(String path, Map<String, Object> body)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(address + path))
            .POST(BodyPublishers.ofString(MAPPER.writeValueAsString(body))));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    String reply =
        http.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString(StandardCharsets.UTF_8))
            .body();
    JsonNode value = MAPPER.readTree(reply).get("value");
    if (value.has("error")) {
      throw new IOException(value.get("error").asString() + ": " + value.get("message"));
    }
    return value;
  }

  /** Closes the browser. */
  public void quit() throws IOException, InterruptedException {
    try {
      if (!session.isEmpty()) {
        send(HttpRequest.newBuilder(URI.create(address + session)).DELETE());
      }
    } finally {
      driver.destroy();
      driver.waitFor();
    }
  }
}
