package io.fleetstop.cli.report;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of a run, without its outcomes.
 *
 * @param tool the name and version of this tool
 * @param runId the id of the run
 * @param account the account and the identity that acted, or {@code null} if STS did not show it
 * @param region the region
 * @param mode the options that affect how instances are stopped
 * @param begun the time of the first call if earlier processes took part in the run, or {@code
 *     null}
 * @param started the time of the start
 * @param ended the time of the end
 * @param elapsedMillis the duration
 * @param instances the number of instances to stop
 * @param instancesBefore how many of them had their outcome before that start
 * @param outcomes the number of instances by outcome
 * @param errors the deciding errors
 * @param exit the end of the run
 * @param requests a summary of the requests, or {@code null} if it is not known
 * @param ranBy the user and the machine, or {@code null} if they are not known
 * @param command the command line, without secrets
 * @param doneBefore a summary of what the run did before it was resumed, or {@code null}
 */
public record ReportSummary(
    String tool,
    String runId,
    @Nullable String account,
    String region,
    List<String> mode,
    @Nullable Instant begun,
    Instant started,
    Instant ended,
    long elapsedMillis,
    long instances,
    long instancesBefore,
    Map<String, Long> outcomes,
    List<ErrorCount> errors,
    Exit exit,
    @Nullable String requests,
    @Nullable String ranBy,
    @Nullable String command,
    @Nullable String doneBefore) {

  /**
   * A deciding error.
   *
   * @param code its code
   * @param meaning what it means, or {@code null} if it is in no catalogue
   * @param count the number of instances whose outcome it decided
   * @param advice what to do, or {@code null} if it is in no catalogue
   */
  public record ErrorCount(
      String code, @Nullable String meaning, long count, @Nullable String advice) {}

  /**
   * The end of a run.
   *
   * @param code the exit code
   * @param name the name of the exit code
   * @param meaning what the exit code means
   * @param endedBy why the run ended early, or {@code null}
   * @param resumeCommand the command that resumes the run, or {@code null} if it is complete
   */
  public record Exit(
      int code,
      String name,
      String meaning,
      @Nullable String endedBy,
      @Nullable String resumeCommand) {}
}
