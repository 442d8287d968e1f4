package io.fleetstop.cli.completion;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A command as a shell completes it.
 *
 * @param name the word after {@code fleetstop}
 * @param description its description, in one short line
 * @param options its options
 * @param parameter what completes a word that is no option
 */
record CompletedCommand(
    String name, String description, List<CompletedOption> options, Value parameter) {

  private static final int MAX_DESCRIPTION = 70;

  /** What a value is. */
  enum Kind {
    /** Nothing is known of it. */
    ANY,
    WORD,
    FILE,
    /** The journal of a run: a file whose name ends with {@code .jsonl}. */
    JOURNAL,
    /** A profile of the official tool, which only the user's machine knows. */
    PROFILE
  }

  /**
   * The value of an option or parameter.
   *
   * @param label its name in the help
   * @param words the words, if it is one of a few
   */
  record Value(Kind kind, String label, List<String> words) {

    static final Value NONE = new Value(Kind.ANY, "", List.of());

    private static Value of(ArgSpec spec, String name, List<String> commands) {
      if (spec.completionCandidates() != null) {
        List<String> words =
            StreamSupport.stream(spec.completionCandidates().spliterator(), false).toList();
        return new Value(Kind.WORD, spec.paramLabel(), words);
      }
      Kind kind =
          switch (name) {
            case "--journal", "JOURNAL" -> Kind.JOURNAL;
            case "--profile" -> Kind.PROFILE;
            case "COMMAND" -> Kind.WORD;
            default -> spec.paramLabel().startsWith("FILE") ? Kind.FILE : Kind.ANY;
          };
      return new Value(kind, spec.paramLabel(), kind == Kind.WORD ? commands : List.of());
    }
  }

  /**
   * An option.
   *
   * @param names its names
   * @param description its description, in one short line
   * @param repeatable whether it may be given more than once
   * @param value its value, or {@code null} if it has none
   */
  record CompletedOption(
      List<String> names, String description, boolean repeatable, @Nullable Value value) {

    private static CompletedOption of(OptionSpec option) {
      return new CompletedOption(
          List.of(option.names()),
          shortened(option.description()),
          option.isMultiValue(),
          option.arity().max() == 0 ? null : Value.of(option, option.longestName(), List.of()));
    }
  }

  /** Returns the commands below {@code root}, and, first, {@code root} itself. */
  static List<CompletedCommand> of(CommandSpec root) {
    List<String> names = List.copyOf(root.subcommands().keySet());
    List<CompletedCommand> commands = new ArrayList<>();
    commands.add(of(root, names));
    root.subcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .filter(command -> !command.usageMessage().hidden())
        .map(command -> of(command, names))
        .forEach(commands::add);
    return commands;
  }

  private static CompletedCommand of(CommandSpec command, List<String> names) {
    return new CompletedCommand(
        command.name(),
        shortened(command.usageMessage().description()),
        command.options().stream()
            .filter(option -> !option.hidden())
            .map(CompletedOption::of)
            .toList(),
        command.positionalParameters().stream()
            .findFirst()
            .map(parameter -> Value.of(parameter, parameter.paramLabel(), names))
            .orElse(Value.NONE));
  }

  /** Returns the first sentence, and no more than a line of a shell holds. */
  private static String shortened(String[] description) {
    String text = String.join(" ", description).replace("%%", "%").replaceAll("\\s+", " ");
    int end = text.indexOf(". ");
    String sentence = end < 0 ? text.replaceAll("\\.$", "") : text.substring(0, end);
    return sentence.length() <= MAX_DESCRIPTION
        ? sentence
        : sentence.substring(0, sentence.lastIndexOf(' ', MAX_DESCRIPTION - 3)) + "...";
  }
}
