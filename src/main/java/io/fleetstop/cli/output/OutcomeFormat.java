package io.fleetstop.cli.output;

import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Target;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Formats outcomes as the lines of an output format. */
public final class OutcomeFormat {

  private static final String HEAD = "INSTANCE";
  private static final String GAP = "  ";
  private static final int OUTCOME_WIDTH = 15;
  private static final int NAME_WIDTH = 20;
  private static final int ZONE_WIDTH = 15;

  private final OutputFormat format;
  private final int idWidth;
  private final boolean severalTargets;

  /**
   * Creates a format.
   *
   * @param idWidth the width of the column of ids, for people
   * @param severalTargets whether rows of CSV end with region and account
   */
  public OutcomeFormat(OutputFormat format, int idWidth, boolean severalTargets) {
    this.format = format;
    this.idWidth = idWidth;
    this.severalTargets = severalTargets;
  }

  /** Returns the header, or {@code null} if the format has none. */
  public @Nullable String header() {
    return switch (format) {
      case TEXT, JSONL, IDS -> null;
      case CSV ->
          csv(
              "instanceId",
              "outcome",
              "errorCode",
              "httpStatus",
              "requestId",
              "attempts",
              "elapsedMillis",
              "message",
              "instanceName",
              "zoneId",
              "tags",
              "region",
              "account");
      case TABLE -> row(HEAD, "OUTCOME", "NAME", "ZONE", "ATTEMPTS", "ELAPSED", "TAGS OR REASON");
    };
  }

  /** Returns the line of an outcome, or {@code null} if the format leaves it out. */
  public @Nullable String line(OutcomeLine outcome, InstanceLabel label) {
    return switch (format) {
      case TEXT -> outcome.toText(idWidth, label);
      case JSONL -> TerminalText.line(outcome.toJson());
      case CSV -> csv(outcome, label);
      case TABLE -> row(outcome, label);
      case IDS -> isInWantedState(outcome.kind()) ? outcome.shownId() : null;
    };
  }

  private static boolean isInWantedState(Kind kind) {
    return !kind.isFailure() && kind != Kind.SKIPPED;
  }

  private String csv(OutcomeLine outcome, InstanceLabel label) {
    Target target = outcome.target();
    return csv(
        outcome.instanceId(),
        outcome.kind().name(),
        outcome.errorCode(),
        outcome.httpStatus(),
        outcome.requestId(),
        outcome.attempts(),
        outcome.elapsedMillis(),
        outcome.message(),
        label.name(),
        label.zone(),
        label.tags(),
        target == null ? null : target.region(),
        target == null ? null : target.account());
  }

  private String csv(@Nullable Object... values) {
    return CsvRow.of(severalTargets ? values : Arrays.copyOf(values, values.length - 2));
  }

  private String row(OutcomeLine outcome, InstanceLabel label) {
    String reason = outcome.reason();
    return row(
        outcome.shownId(),
        outcome.kind().name(),
        shown(label.name()),
        shown(label.zone()),
        Integer.toString(outcome.attempts()),
        String.format(Locale.ROOT, "%.1f s", outcome.elapsedMillis() / 1000.0),
        shown(Objects.requireNonNullElse(reason, label.tags())));
  }

  private static String shown(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private String row(
      String id,
      String outcome,
      String name,
      String zone,
      String attempts,
      String elapsed,
      String rest) {
    String numbers = String.format(Locale.ROOT, "%8s  %10s", attempts, elapsed);
    return String.join(
            GAP,
            TerminalText.padded(id, Math.max(HEAD.length(), idWidth)),
            TerminalText.padded(outcome, OUTCOME_WIDTH),
            TerminalText.padded(name, NAME_WIDTH),
            TerminalText.padded(zone, ZONE_WIDTH),
            numbers,
            TerminalText.escape(rest))
        .stripTrailing();
  }
}
