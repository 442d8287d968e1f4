package io.fleetstop.cli.report;

import io.fleetstop.cli.report.ReportSummary.ErrorCount;
import io.fleetstop.cli.report.ReportSummary.Exit;
import io.fleetstop.fleet.CreatedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes and reads reports for tests. */
final class Pages {

  private static final JsonMapper MAPPER = new JsonMapper();

  private Pages() {}

  static HtmlReportWriter open(Path file) throws IOException {
    return HtmlReportWriter.open(
        file,
        CreatedFile.ownerOnly(file),
        (channel, part) -> CreatedFile.of(channel, part)::requireUnchanged);
  }

  static ObjectNode outcome(
      String id, String kind, @Nullable String code, @Nullable String message, long elapsed) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("instanceId", id)
        .put("outcome", kind)
        .put("errorCode", code)
        .put("httpStatus", code == null ? null : 404)
        .put("requestId", "20261123")
        .put("attempts", 1)
        .put("elapsedMillis", elapsed)
        .put("message", message);
  }

  static ReportSummary run(String text, Map<String, Long> outcomes, List<ErrorCount> errors) {
    long instances = outcomes.values().stream().mapToLong(Long::longValue).sum();
    return run(text, instances, outcomes, errors, text);
  }

  static ReportSummary run(
      String text,
      long instances,
      Map<String, Long> outcomes,
      List<ErrorCount> errors,
      @Nullable String cause) {
    return new ReportSummary(
        "fleetstop test",
        text,
        text,
        text,
        List.of("KeepCharging", text),
        null,
        Instant.parse("2026-11-23T03:00:00Z"),
        Instant.parse("2026-11-23T03:00:04Z"),
        4_000,
        instances,
        0,
        new LinkedHashMap<>(outcomes),
        errors,
        new Exit(1, "INSTANCES_FAILED", "Some instances failed", cause, text),
        text,
        text,
        text,
        text);
  }

  /** A timeline of a constant number of calls per second, for four seconds. */
  static CallTimeline calls(int perSecond) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    CallTimeline calls = new CallTimeline("StopInstance", () -> 2 * perSecond, time);
    for (int i = 0; i < 4 * perSecond; i++) {
      calls.callSucceeded("StopInstance", 1, Duration.ZERO, Context.empty());
      time.advanceTimeBy(Duration.ofSeconds(1).dividedBy(perSecond));
    }
    return calls;
  }

  static void write(Path file, List<ObjectNode> outcomes, ReportSummary run, CallTimeline calls)
      throws IOException {
    try (HtmlReportWriter report = open(file)) {
      outcomes.forEach(report::add);
      report.finish(run, calls);
    }
  }

  /** The JSON of an element of a page. */
  static JsonNode data(Path file, String elementId) throws IOException {
    Matcher element =
        Pattern.compile(
                "<script type=\"application/json\" id=\"" + elementId + "\">(.*?)</script>",
                Pattern.DOTALL)
            .matcher(Files.readString(file));
    if (!element.find()) {
      throw new IOException("the page has no " + elementId);
    }
    return MAPPER.readTree(element.group(1));
  }
}
