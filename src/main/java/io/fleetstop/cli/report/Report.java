package io.fleetstop.cli.report;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run came to, beside its outcomes.
 *
 * @param tool the name and version of what made the report
 * @param runId the id of the run
 * @param region where it ran
 * @param mode how instances were stopped, each word by itself
 * @param started when it began
 * @param ended when it ended
 * @param elapsedMillis how long it took
 * @param instances how many instances it was to stop
 * @param outcomes how many ended in which way, by the names of the outcomes
 * @param errors which errors decided, and how often
 * @param exit how it ended
 * @param requests all requests of the run, in words
 * @param doneBefore what had been done before by the same run, in words, or {@code null}
 */
public record Report(
    String tool,
    String runId,
    String region,
    List<String> mode,
    Instant started,
    Instant ended,
    long elapsedMillis,
    long instances,
    Map<String, Long> outcomes,
    List<ErrorCount> errors,
    Exit exit,
    String requests,
    @Nullable String doneBefore) {

  /**
   * How often an error decided.
   *
   * @param code its code
   * @param meaning what it means, or {@code null} if it is in no catalogue
   * @param count how many instances it decided
   */
  public record ErrorCount(String code, @Nullable String meaning, long count) {}

  /**
   * How a run ended.
   *
   * @param code the exit code
   * @param name the name of the exit code
   * @param meaning what the exit code means
   * @param cause why the run ended before its end, or {@code null}
   * @param wayOn the command that resumes the run, or {@code null} if it is complete
   */
  public record Exit(
      int code, String name, String meaning, @Nullable String cause, @Nullable String wayOn) {}
}
