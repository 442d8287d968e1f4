package io.fleetstop.fleet;

import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The short texts of events: a letter, the id, and fields after tabs of which the last ones are
 * left out if they are empty. The letter is that of an intent or of an outcome's kind. Events that
 * occur a few times a run have their whole line. Pure functions.
 */
final class CompactFormat {

  private static final char INTENT = 'i';
  private static final char LINE = '{';
  private static final String FINAL = "f";
  private static final String REJECTED = "r";
  private static final String NOT_AS_USUAL_ACCEPTED = "a";
  private static final int FIELDS = 7;

  private CompactFormat() {}

  /** Returns the instances of an event. */
  static List<InstanceId> instanceIds(JournalEvent event) {
    if (event instanceof Intent intent) {
      return List.of(intent.id());
    }
    if (event instanceof BatchIntent intent) {
      return intent.batch().ids();
    }
    if (event instanceof TargetEvent targeted) {
      return instanceIds(targeted.event());
    }
    return event instanceof OutcomeRecord outcome ? List.of(outcome.id()) : List.of();
  }

  static String toText(JournalEvent event) {
    if (event instanceof Intent intent) {
      return INTENT + intent.id().value();
    }
    if (!(event instanceof OutcomeRecord outcome)) {
      return event.toLine();
    }
    String text =
        String.join(
            "\t",
            letter(outcome.outcome()) + outcome.id().value(),
            Integer.toString(outcome.attempts()),
            Long.toString(outcome.elapsedMillis()),
            field(outcome.requestId()),
            flags(outcome),
            field(outcome.errorCode()),
            // The last field may have tabs.
            outcome.message() == null ? "" : outcome.message());
    return outcome.message() == null ? text.stripTrailing() : text;
  }

  private static char letter(Kind kind) {
    return switch (kind) {
      case STOPPED -> 'S';
      case ALREADY_STOPPED -> 'A';
      case STARTED -> 'T';
      case ALREADY_RUNNING -> 'B';
      case ACCEPTED -> 'C';
      case DRY_RUN_PASSED -> 'D';
      case FAILED -> 'F';
      case UNCONFIRMED -> 'U';
      case SKIPPED -> 'K';
    };
  }

  private static String flags(OutcomeRecord outcome) {
    boolean implied = isAlwaysFinal(outcome.outcome()) == outcome.conclusive();
    boolean usual = isUsuallyAccepted(outcome.outcome()) == outcome.accepted();
    return (implied ? "" : FINAL)
        + (outcome.rejected() ? REJECTED : "")
        + (usual ? "" : NOT_AS_USUAL_ACCEPTED);
  }

  private static boolean isAlwaysFinal(Kind kind) {
    return kind.isSuccess();
  }

  private static boolean isUsuallyAccepted(Kind kind) {
    return kind == Kind.STOPPED || kind == Kind.STARTED || kind == Kind.ACCEPTED;
  }

  private static String field(@Nullable String text) {
    return text == null ? "" : text.replace('\t', ' ');
  }

  static JournalEvent parse(String text, Instant at) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("an event must not be empty");
    }
    char first = text.charAt(0);
    if (first == LINE) {
      return line(text);
    }
    if (first == INTENT) {
      return new Intent(at, InstanceId.of(text.substring(1)));
    }
    Kind outcome =
        Arrays.stream(Kind.values()).filter(kind -> letter(kind) == first).findAny().orElse(null);
    String[] fields = text.substring(1).split("\t", FIELDS);
    if (outcome == null || fields.length < 3) {
      throw new IllegalArgumentException("it is neither an intent nor an outcome");
    }
    String flags = at(fields, 4);
    return new OutcomeRecord(
        at,
        InstanceId.of(fields[0]),
        outcome,
        isAlwaysFinal(outcome) != flags.contains(FINAL),
        flags.contains(REJECTED),
        at(fields, 5),
        fields.length < FIELDS ? null : fields[6],
        at(fields, 3).isEmpty() ? null : fields[3],
        Integer.parseInt(fields[1]),
        Long.parseLong(fields[2]),
        isUsuallyAccepted(outcome) != flags.contains(NOT_AS_USUAL_ACCEPTED));
  }

  private static String at(String[] fields, int index) {
    return index < fields.length ? fields[index] : "";
  }

  private static JournalEvent line(String text) {
    try {
      return JournalFormat.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (UnreadableLine unreadable) {
      throw new IllegalArgumentException(unreadable.getMessage(), unreadable);
    }
  }
}
