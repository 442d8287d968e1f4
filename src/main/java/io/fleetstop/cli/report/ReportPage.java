package io.fleetstop.cli.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The page, in the pieces in which it is written: {@link #START}, the outcomes with commas between
 * them, {@link #BETWEEN}, the run, {@link #END}.
 */
final class ReportPage {

  /** What a page begins with, which tells a report of ours from any other file. */
  static final String MARK = "<!doctype html>\n<!-- fleetstop report -->\n";

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private static final String OUTCOMES = "{{outcomes}}";
  private static final String RUN = "{{run}}";
  private static final String PAGE = assembled();

  static final String START = MARK + PAGE.substring(0, PAGE.indexOf(OUTCOMES));
  static final String BETWEEN =
      PAGE.substring(PAGE.indexOf(OUTCOMES) + OUTCOMES.length(), PAGE.indexOf(RUN));
  static final String END = PAGE.substring(PAGE.indexOf(RUN) + RUN.length());

  private ReportPage() {}

  private static String assembled() {
    String style = resource("report.css");
    String script = resource("make.js") + resource("report.js");
    String policy =
        "default-src 'none'; style-src '"
            + hash(style)
            + "'; script-src '"
            + hash(script)
            + "'; base-uri 'none'; form-action 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";
    return resource("report.html")
        .replace("{{policy}}", policy)
        .replace("{{style}}", style)
        .replace("{{script}}", script);
  }

  /** JSON that can stand inside of a script element: nothing in it can end the element. */
  static String json(JsonNode node) {
    // In JSON these stand in strings only, where their escapes mean the same.
    return MAPPER
        .writeValueAsString(node)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026");
  }

  /** The run and its timeline as JSON of the same kind. */
  static String json(Report run, Timeline timeline) {
    ObjectNode all = MAPPER.valueToTree(run);
    all.set("timeline", MAPPER.valueToTree(timeline));
    return json(all);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String resource(String name) {
    try (InputStream resource =
        Objects.requireNonNull(ReportPage.class.getResourceAsStream(name), name)) {
      // A browser hashes what it has parsed, and knows one kind of line end.
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
