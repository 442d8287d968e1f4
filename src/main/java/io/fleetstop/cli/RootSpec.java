package io.fleetstop.cli;

import io.fleetstop.cli.options.VersionText;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The model of {@code fleetstop} itself, without a subcommand. It is built here because every
 * command needs it, and reading annotations is most of what a short command costs.
 */
final class RootSpec {

  private RootSpec() {}

  /** Returns a new model, which runs {@code command} when no subcommand is given. */
  static CommandSpec of(Runnable command) {
    CommandSpec spec = addHelp(wrap(command).name("fleetstop"));
    spec.usageMessage()
        .description("Stops Volcengine ECS instances: one, or a whole fleet.")
        .synopsisSubcommandLabel("COMMAND")
        .footer(
            "",
            "Try it without an account: fleetstop stop --simulate 1000",
            "Help for a command: fleetstop help COMMAND");
    return spec;
  }

  /** Returns a model without options. */
  static CommandSpec wrap(Object command) {
    return CommandSpec.wrapWithoutInspection(command).versionProvider(new VersionText());
  }

  /** Adds what {@code mixinStandardHelpOptions} adds to a command that is read from annotations. */
  static CommandSpec addHelp(CommandSpec spec) {
    return spec.addOption(
            flag("-h", "--help", "Show this help message and exit.").usageHelp(true).build())
        .addOption(
            flag("-V", "--version", "Print version information and exit.")
                .versionHelp(true)
                .build());
  }

  private static OptionSpec.Builder flag(String name, String longName, String description) {
    return OptionSpec.builder(name, longName)
        .type(boolean.class)
        .arity("0")
        .description(description);
  }
}
