package io.fleetstop.cli;

import io.fleetstop.cli.output.Terminal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The commands of {@code fleetstop}. A command is created when its name is given: reading the
 * options of all of them from their annotations takes longer than most commands run.
 */
final class Commands {

  private static final String COMPLETION = "completion";
  private static final String HELP = "help";
  private static final Set<String> HELP_OR_VERSION = Set.of("--help", "-h", "--version", "-V");

  private record Entry(String description, Supplier<Object> create) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();

  Commands(Terminal terminal, List<String> arguments) {
    add("stop", StopCommand.DESCRIPTION, () -> new StopCommand(terminal, arguments));
    add("start", StartCommand.DESCRIPTION, () -> new StartCommand(terminal, arguments));
    add("show", ShowCommand.DESCRIPTION, () -> new ShowCommand(terminal));
    add("status", SharedRunCommand.Status.DESCRIPTION, () -> new SharedRunCommand.Status(terminal));
    add("pause", SharedRunCommand.Pause.DESCRIPTION, () -> new SharedRunCommand.Pause(terminal));
    add("resume", SharedRunCommand.Resume.DESCRIPTION, () -> new SharedRunCommand.Resume(terminal));
    add("drain", SharedRunCommand.Drain.DESCRIPTION, () -> new SharedRunCommand.Drain(terminal));
    add("list", ListCommand.DESCRIPTION, () -> new ListCommand(terminal));
    add("wait", WaitCommand.DESCRIPTION, () -> new WaitCommand(terminal));
    add("whoami", WhoamiCommand.DESCRIPTION, () -> new WhoamiCommand(terminal));
    add("simulate", SimulateCommand.DESCRIPTION, () -> new SimulateCommand(terminal));
    add("codes", CodesCommand.DESCRIPTION, () -> CodesCommand.spec(terminal));
    add(COMPLETION, CompletionCommand.DESCRIPTION, () -> new CompletionCommand(terminal));
    add(HELP, HelpCommand.DESCRIPTION, () -> new HelpCommand(terminal));
  }

  private void add(String name, String description, Supplier<Object> create) {
    entries.put(name, new Entry(description, create));
  }

  /** Adds the commands that {@code arguments} need: the named one, or all. */
  CommandLine addTo(CommandLine commandLine, List<String> arguments) {
    String first = arguments.isEmpty() ? "" : arguments.get(0);
    Entry named = needAll(first, arguments) ? null : entries.get(first);
    if (named != null) {
      commandLine.addSubcommand(first, named.create.get());
    } else if (arguments.size() == 1 && HELP_OR_VERSION.contains(first)) {
      entries.forEach(
          (name, entry) -> commandLine.addSubcommand(name, withoutOptions(name, entry)));
    } else {
      entries.forEach((name, entry) -> commandLine.addSubcommand(name, entry.create.get()));
    }
    return commandLine;
  }

  // A script of all commands is written once, and a value is waited for at each key.
  private static boolean needAll(String first, List<String> arguments) {
    return first.equals(HELP)
        || (first.equals(COMPLETION) && !arguments.contains(CompletionCommand.VALUES));
  }

  /**
   * Returns a command without options, which is enough for the list of commands. Its description is
   * a constant: reading the annotation of every command would take a fourth of the time.
   */
  private static CommandSpec withoutOptions(String name, Entry entry) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(entry.description);
    return spec;
  }
}
