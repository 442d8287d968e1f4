package io.fleetstop.cli;

import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fleetstop completion}: a script by which a shell completes commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    description = "Prints a script by which bash and zsh complete commands, options and values.",
    footer = {
      "",
      "For this shell, and for each new one if it stands in ~/.bashrc or ~/.zshrc:",
      "  source <(fleetstop completion)"
    })
final class CompletionCommand implements Runnable {

  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    CommandSpec root = spec.root();
    terminal.out().print(AutoComplete.bash(root.name(), root.commandLine()));
  }
}
