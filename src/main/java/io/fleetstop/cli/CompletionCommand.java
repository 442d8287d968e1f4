package io.fleetstop.cli;

import io.fleetstop.cli.completion.CompletionScript;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.ProfileSettings;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleetstop completion}: prints a script that completes commands, options and values. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    description = CompletionCommand.DESCRIPTION,
    footer = {
      "",
      "Examples:",
      "  source <(fleetstop completion bash)    # in ~/.bashrc",
      "  source <(fleetstop completion zsh)     # in ~/.zshrc",
      "  fleetstop completion fish > ~/.config/fish/completions/fleetstop.fish"
    })
final class CompletionCommand implements Runnable {

  static final String DESCRIPTION = "Prints a completion script for bash, zsh or fish.";

  /** The option that prints values instead of a script. */
  static final String VALUES = "--values";

  /** The shells. */
  static final class Shells implements Iterable<String> {

    static final List<String> ALL = List.of("bash", "zsh", "fish");

    @Override
    public Iterator<String> iterator() {
      return ALL.iterator();
    }
  }

  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "SHELL",
      arity = "0..1",
      completionCandidates = Shells.class,
      description = "bash, zsh or fish. Default: the shell in the variable SHELL.")
  private @Nullable String shell;

  @Option(
      names = VALUES,
      paramLabel = "KIND",
      hidden = true,
      description = "Print the values of a kind, one per line: profiles. For the scripts.")
  private @Nullable String values;

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    if (values != null) {
      if (!values.equals("profiles")) {
        throw CommandFailure.usage("--values must be profiles, was \"" + values + "\"");
      }
      // A name with a line end would be two.
      ProfileSettings.names(CredentialsOptions.builder().variables(terminal::env).build()).stream()
          .filter(name -> name.chars().noneMatch(Character::isISOControl))
          .forEach(name -> terminal.out().print(name + "\n"));
      return;
    }
    CompletionScript scripts = CompletionScript.of(spec.root());
    String script =
        switch (shell()) {
          case "bash" -> scripts.bash();
          case "zsh" -> scripts.zsh();
          default -> scripts.fish();
        };
    terminal.out().print(script);
  }

  private String shell() {
    String variable = terminal.env("SHELL");
    String named = shell != null || variable == null ? shell : variable.replaceAll(".*/", "");
    String word = named == null ? "" : named.toLowerCase(Locale.ROOT);
    if (Shells.ALL.contains(word)) {
      return word;
    }
    String nearest = Converters.nearest(word, Shells.ALL);
    throw CommandFailure.usage(
        (named == null ? "the shell is not known" : "there is no completion for \"" + named + "\"")
            + "; name bash, zsh or fish"
            + (nearest == null ? "" : ": did you mean " + nearest + "?"));
  }
}
