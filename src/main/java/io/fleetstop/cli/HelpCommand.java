package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleetstop help}: shows the help of a command, as {@code --help} does. */
@Command(
    name = "help",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    description = HelpCommand.DESCRIPTION,
    footer = {"", "Examples:", "  fleetstop help stop"})
final class HelpCommand implements Runnable {

  static final String DESCRIPTION = "Shows the help of a command.";

  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "COMMAND",
      arity = "0..1",
      description = "The command. Default: an overview of all commands.")
  private @Nullable String command;

  HelpCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    CommandLine root = spec.root().commandLine();
    CommandLine shown = command == null ? root : root.getSubcommands().get(command);
    if (shown == null) {
      String nearest = Converters.nearest(String.valueOf(command), root.getSubcommands().keySet());
      throw CommandFailure.usage(
          "there is no command \""
              + command
              + "\""
              + (nearest == null ? "; see fleetstop --help" : "; did you mean " + nearest + "?"));
    }
    terminal.out().print(shown.getUsageMessage());
  }
}
