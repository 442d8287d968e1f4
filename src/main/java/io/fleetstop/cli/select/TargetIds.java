package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The ids that a command line with several targets names: {@code region/id} and the like. */
final class TargetIds {

  private static final String FORM =
      "region/id or account/region/id, because there are several targets";

  private final Collection<Target> targets;
  private final Map<Target, Set<InstanceId>> ids = new LinkedHashMap<>();

  private TargetIds(Collection<Target> targets) {
    this.targets = targets;
  }

  /**
   * Reads all ids.
   *
   * @throws CommandFailure if one is malformed, or its target is not one of them
   */
  static Map<Target, Set<InstanceId>> read(
      StopArguments options, Terminal terminal, Collection<Target> targets) {
    TargetIds read = new TargetIds(targets);
    options.ids.forEach(read::addWord);
    options
        .which
        .files()
        .forEach(file -> IdFile.readTexts("--ids-file", file, terminal.in(), read::add));
    return read.ids;
  }

  private void addWord(String word) {
    if (word.indexOf('/') < 0) {
      // What is no id at all was meant as something else.
      WrittenId.ofWord(word);
    }
    try {
      add(word);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    }
  }

  private void add(String word) {
    String shown = '"' + TerminalText.escape(WrittenId.shortened(word)) + '"';
    String[] parts = word.split("/", -1);
    if (parts.length < 2 || parts.length > 3) {
      throw new IllegalArgumentException("an id must be " + FORM + ", was " + shown);
    }
    String region = parts[parts.length - 2];
    List<Target> matching =
        targets.stream()
            .filter(target -> target.region().equals(region))
            .filter(target -> parts.length == 2 || target.account().equals(parts[0]))
            .toList();
    if (matching.size() != 1) {
      throw new IllegalArgumentException(
          shown
              + (matching.isEmpty()
                  ? " is in none of the targets; they are "
                  : " may be in several targets; write account/region/id with one of ")
              + (matching.isEmpty() ? targets : matching));
    }
    ids.computeIfAbsent(matching.get(0), target -> new LinkedHashSet<>())
        .add(WrittenId.of(parts[parts.length - 1]));
  }
}
