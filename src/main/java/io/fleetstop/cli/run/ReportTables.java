package io.fleetstop.cli.run;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.report.ReportSummary.ErrorCount;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tables of a report: outcomes, deciding errors with advice, exit codes with their meaning. */
final class ReportTables {

  private ReportTables() {}

  static Map<String, Long> outcomes(OutcomeCounts tally) {
    Map<String, Long> outcomes = new LinkedHashMap<>();
    for (Kind kind : Kind.values()) {
      if (tally.of(kind) > 0) {
        outcomes.put(kind.name(), tally.of(kind));
      }
    }
    return outcomes;
  }

  static List<ErrorCount> errors(OutcomeCounts tally) {
    List<ErrorCount> errors = new ArrayList<>();
    tally
        .errorCodes()
        .forEach(
            (code, count) -> {
              ErrorCode known = known(code);
              errors.add(
                  known == null
                      ? new ErrorCount(code, null, count, null)
                      : new ErrorCount(code, known.meaning(), count, advice(known.category())));
            });
    errors.sort((one, other) -> Long.compare(other.count(), one.count()));
    return errors;
  }

  private static @Nullable ErrorCode known(String code) {
    return ErrorCatalogue.entries().stream()
        .filter(entry -> entry.code().equals(code))
        .findFirst()
        .orElse(null);
  }

  /** Returns what a person should do about instances that an error decided. */
  static String advice(Category category) {
    return switch (category) {
      case THROTTLED, SERVER, IN_PROGRESS, CLOCK ->
          "Run the command again for these instances: the cause passes by itself.";
      case BUSY ->
          "Wait until the other operation on the instance ends, then run the command again.";
      case CAPACITY ->
          "Run the command again later. If it lasts: stop with --stopped-mode KeepCharging; start after"
              + " changing the type of the instance in the console.";
      case STATE ->
          "Check the status in the console: the instance could not be stopped or started in it.";
      case CONFLICT ->
          "Stop these instances in the console, or through the service that owns them.";
      case NOT_FOUND -> "Check the ids and the region: the instances may have been deleted.";
      case REQUEST -> "Correct the option that the message names, then run the command again.";
      case AUTH -> "Check the credentials, then resume the run.";
      case PERMISSION ->
          "Ask for the permission ecs:StopInstance or ecs:StartInstance, then run the command again.";
      case NETWORK -> "Check the connection to the service, then run the command again.";
      default -> "Check the instances in the console, then run the command again for them.";
    };
  }

  static String meaning(ExitCode exitCode) {
    return switch (exitCode) {
      case SUCCESS -> "Every instance is in the wanted state or was skipped";
      case INSTANCES_FAILED ->
          "Some instances failed, are unconfirmed, could not be described, or have no outcome";
      case USAGE -> "The command line was wrong, nothing was sent";
      case FAILURE_LIMIT -> "Ended early: more instances failed than the run allows";
      case CONFIGURATION -> "Ended early: credentials or configuration are wrong";
      case INTERRUPTED -> "Interrupted: calls in flight have finished, no others were started";
    };
  }
}
