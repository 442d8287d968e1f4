package io.fleetstop.cli;

import io.fleetstop.cli.options.Confusables;
import io.fleetstop.cli.options.Converters;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What a person may have meant by a word that is neither a command nor an option. */
final class Suggestion {

  private static final String TO_RESUME =
      "fleetstop resume is for runs that machines share through Redis; to continue a run of a"
          + " journal: fleetstop stop --journal ";

  private static final int SHORTEST_START = "--dry".length();

  /** What one letter means in other tools. */
  private static final Map<String, String> LETTERS =
      Map.of(
          "-y", "--yes",
          "-o", "--output",
          "-q", "--quiet",
          "-v", "--verbose",
          "-n", "--dry-run",
          "-r", "--region");

  /** The commands that change instances or a run. */
  private static final Set<String> CHANGING = Set.of("stop", "start", "pause", "resume", "drain");

  private Suggestion() {}

  /** Returns the option that is meant, or {@code null} if that would be a guess. */
  static @Nullable String option(String word, CommandSpec command) {
    Collection<String> known = command.optionsMap().keySet();
    String name = stripped(word);
    if (name.length() == 1) {
      String letter = LETTERS.get(word);
      return letter != null && known.contains(letter)
          ? letter
          : known.stream().filter(word::equalsIgnoreCase).findFirst().orElse(null);
    }
    List<String> longer = known.stream().filter(option -> option.startsWith(word)).toList();
    if (longer.size() == 1 && word.length() >= SHORTEST_START) {
      return longer.get(0);
    }
    Map<String, String> names = new HashMap<>();
    known.stream()
        .filter(option -> option.startsWith("--"))
        .forEach(option -> names.put(stripped(option), option));
    String nearest = Converters.nearest(name, names.keySet());
    return nearest == null ? null : names.get(nearest);
  }

  /** Returns what to write in place of a word that is no parameter of a command, or null. */
  static @Nullable String instead(String word, String command) {
    String confusable = Confusables.in(word);
    if (confusable != null) {
      return "It has " + confusable;
    }
    return switch (command) {
      case "status", "pause", "resume", "drain" ->
          !word.endsWith(".jsonl")
              ? "The id of a run is an option: --run-id " + word
              : switch (command) {
                case "status" -> "To see the run of a journal: fleetstop show " + word;
                case "resume" -> TO_RESUME + word + " --resume";
                default -> "To end a run of this machine, press Ctrl-C where it was started";
              };
      case "start" ->
          word.startsWith("i-")
              ? "No ids are given to start: it starts what the run of --journal FILE has stopped"
              : "The journal is an option: --journal " + word;
      default -> null;
    };
  }

  /** Returns what to do in place of options that a command does not have, or {@code null}. */
  static @Nullable String insteadOfOptions(List<String> words, String command) {
    boolean journal =
        words.stream().anyMatch(each -> each.equals("--journal") || each.startsWith("--journal="));
    return command.equals("resume") && journal
        ? TO_RESUME + "FILE --resume"
        : journal && command.equals("show")
            ? "The journal has no option: fleetstop show FILE"
            : null;
  }

  /** Returns what to do in place of a command of other tools, or {@code null}. */
  static @Nullable String insteadOfCommand(String word) {
    return switch (word) {
      case "restart", "reboot" ->
          "fleetstop restarts nothing: stop with --journal FILE, then run fleetstop start --journal"
              + " FILE";
      case "undo", "rollback" -> "To start what a run has stopped: fleetstop start --journal FILE";
      default -> null;
    };
  }

  /**
   * Returns the command that is meant, or {@code null}. Where a word is as near to one that changes
   * nothing, a command that changes instances is not proposed alone.
   */
  static @Nullable String command(String word, CommandSpec root) {
    if (word.startsWith("i-")) {
      return "stop " + word;
    }
    Set<String> commands = root.subcommands().keySet();
    String same = word.toLowerCase(Locale.ROOT);
    if (commands.contains(same)) {
      return same;
    }
    String nearest = Converters.nearest(word, commands);
    if (nearest == null || !CHANGING.contains(nearest)) {
      return nearest;
    }
    Set<String> harmless = new LinkedHashSet<>(commands);
    harmless.removeAll(CHANGING);
    String other = Converters.nearest(word, harmless);
    return other == null ? nearest : other + " or " + nearest;
  }

  /**
   * Returns the order that is meant by an option before its command, or {@code null}.
   *
   * @param words the whole command line
   */
  static @Nullable String order(String option, List<String> words, CommandSpec root) {
    Map<String, CommandLine> commands = root.subcommands();
    return words.stream()
        .filter(commands::containsKey)
        .findFirst()
        .or(
            () ->
                commands.entrySet().stream()
                    .filter(each -> has(each.getValue(), option))
                    .map(Map.Entry::getKey)
                    .findFirst())
        .filter(command -> has(commands.get(command), option))
        .map(command -> "fleetstop " + command + " " + option)
        .orElse(null);
  }

  private static boolean has(@Nullable CommandLine command, String option) {
    return command != null && command.getCommandSpec().optionsMap().containsKey(option);
  }

  private static String stripped(String option) {
    return option.replaceFirst("^-{1,2}", "");
  }
}
