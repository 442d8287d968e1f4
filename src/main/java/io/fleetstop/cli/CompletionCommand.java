package io.fleetstop.cli;

import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fleetstop completion}: prints a shell script that completes commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    description = "Prints a completion script for bash and zsh.",
    footer = {"", "Add this to ~/.bashrc or ~/.zshrc:", "  source <(fleetstop completion)"})
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
