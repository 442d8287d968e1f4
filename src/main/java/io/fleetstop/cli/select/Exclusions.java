package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules for skipping instances.
 *
 * @param protectTag the tag that protects an instance, or {@code null} if none does
 * @param excluded the excluded instances of each file
 * @param never the instances that are never stopped
 * @param onlyRunning whether instances in any other status than RUNNING are skipped
 */
record Exclusions(
    @Nullable TagMatch protectTag,
    Map<String, Set<InstanceId>> excluded,
    NeverStopList never,
    boolean onlyRunning) {

  static final Exclusions NONE = new Exclusions(null, Map.of(), NeverStopList.NONE, false);

  /**
   * Reads the files of a command line. An empty file is one on purpose; an empty pipe is that of a
   * command that failed, or of a pasted command.
   *
   * @throws CommandFailure if one cannot be read, or is a pipe without ids
   */
  static Exclusions read(StopArguments options, Terminal terminal) {
    NeverStopList never = NeverStopList.read(terminal);
    Map<String, Set<InstanceId>> excluded = new LinkedHashMap<>();
    for (String file : options.exempt.files()) {
      String name = file.equals(IdFile.STDIN) ? "stdin" : file;
      Set<InstanceId> ids = excluded.computeIfAbsent(name, key -> new HashSet<>());
      IdFile.read("--exclude-file", file, terminal.in(), ids::add);
      if (ids.isEmpty() && !Files.isRegularFile(Path.of(file))) {
        throw CommandFailure.usage(
            "--exclude-file "
                + TerminalText.escape(file)
                + " is a pipe without an id, so that nothing would be excluded; nothing was stopped."
                + " Check the command that writes it, or leave the option out");
      }
    }
    return new Exclusions(
        options.exempt.tag(options.where.isSimulated()),
        excluded,
        never,
        options.exempt.onlyRunning);
  }

  /** Whether the instance is never stopped. */
  boolean isNever(InstanceId id) {
    return never.has(id);
  }

  /** Whether the instance is in one of the files. */
  boolean isExcluded(InstanceId id) {
    return isNever(id) || excluded.values().stream().anyMatch(ids -> ids.contains(id));
  }

  /** Whether instances are excluded by id. */
  boolean hasIds() {
    return !never.ids().isEmpty() || excluded.values().stream().anyMatch(ids -> !ids.isEmpty());
  }

  /** Whether an instance must be described before it is stopped. */
  boolean needDescription() {
    return protectTag != null || onlyRunning;
  }

  /** Returns what instances are described for. */
  String described() {
    return protectTag == null ? "their status" : "the tag " + protectTag;
  }

  /** Returns how to do without the description; empty if nothing does. */
  String withoutDescription() {
    return onlyRunning ? "" : "; --no-protect-tag skips the check";
  }

  /** Returns why an instance is skipped that is not running, or {@code null} if it is not. */
  @Nullable String notRunning(@Nullable Instance known) {
    return !onlyRunning || known == null || known.state() == Instance.State.RUNNING
        ? null
        : "not RUNNING but " + known.status();
  }

  String protectionReason() {
    return "protected by its tag " + protectTag;
  }

  /**
   * Returns why an instance is skipped, or {@code null} if it is not.
   *
   * @param known the described instance, or {@code null} if it was not described or is not listed
   */
  @Nullable String reason(InstanceId id, @Nullable Instance known) {
    if (isNever(id)) {
      return never.reason();
    }
    for (Map.Entry<String, Set<InstanceId>> file : excluded.entrySet()) {
      if (file.getValue().contains(id)) {
        return "excluded by " + file.getKey();
      }
    }
    return known != null && isProtected(known) ? protectionReason() : null;
  }

  /** Whether an instance has the tag that protects. */
  boolean isProtected(Instance known) {
    return protectTag != null && known.isProtectedBy(protectTag.key(), protectTag.value());
  }

  /** Returns how many of the instances are not excluded by id. */
  long withoutExcluded(Collection<InstanceId> ids) {
    return ids.stream().filter(id -> !isExcluded(id)).count();
  }
}
