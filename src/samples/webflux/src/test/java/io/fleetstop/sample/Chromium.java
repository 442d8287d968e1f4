package io.fleetstop.sample;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.TimeoutException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A headless Chromium. */
final class Chromium implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ChromeDriver driver;

  private Chromium(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Starts one, or skips the test where there is none. */
  static Chromium start() {
    String browser = onPath("chromium", "chromium-browser", "google-chrome", "chrome");
    String program = onPath("chromedriver");
    assumeTrue(!browser.isEmpty() && !program.isEmpty(), "Chromium or chromedriver is missing");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser);
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--window-size=1100,900",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    return new Chromium(
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(new File(program))
                .usingAnyFreePort()
                .build(),
            options));
  }

  private static String onPath(String... programs) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.of(programs)
        .flatMap(
            program ->
                Stream.of(path.split(Pattern.quote(File.pathSeparator)))
                    .map(folder -> Path.of(folder, program)))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse("");
  }

  void show(URI address) {
    driver.get(address.toString());
  }

  void reload() {
    driver.navigate().refresh();
  }

  /** Runs the body of a function in the page. */
  Object run(String script) {
    return ((JavascriptExecutor) driver).executeScript(script);
  }

  /** Returns the value of an expression in the page, as text. */
  String value(String expression) {
    return String.valueOf(run("return String(" + expression + ")"));
  }

  /** Returns the text of an element as it is shown. */
  String text(String id) {
    return value("document.getElementById('" + id + "').innerText");
  }

  /** Waits until an expression in the page is true. */
  void await(String condition) {
    try {
      new WebDriverWait(driver, PATIENCE, Duration.ofMillis(20))
          .until(page -> value(condition).equals("true"));
    } catch (TimeoutException e) {
      throw new AssertionError(
          "the page does not come to " + condition + ": " + value("document.body.innerText"), e);
    }
  }

  void awaitText(String id, String text) {
    await("document.getElementById('" + id + "').innerText.includes('" + text + "')");
  }

  void press(Keys key) {
    new Actions(driver).sendKeys(key).perform();
  }

  /** Focuses a button and presses Enter. */
  void press(String id) {
    run("document.getElementById('" + id + "').focus()");
    press(Keys.ENTER);
  }

  /** Clicks by script: after a picture the browser may lose key events. */
  void click(String id) {
    run("document.getElementById('" + id + "').click()");
  }

  void useColorScheme(String scheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  void usePhone() {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 360, "height", 800, "deviceScaleFactor", 2, "mobile", true));
  }

  void useDesktop() {
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
  }

  /** Writes a picture of the whole page below {@code target/pictures}. */
  void photograph(String name) throws IOException {
    Object data =
        driver
            .executeCdpCommand("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
            .get("data");
    Path png = Path.of("target", "pictures", name + ".png");
    Files.createDirectories(png.getParent());
    Files.write(png, Base64.getDecoder().decode(String.valueOf(data)));
  }

  /** Returns and removes the errors and warnings of the console. */
  List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
