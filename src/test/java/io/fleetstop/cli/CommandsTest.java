package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandsTest {

  private static CommandLine commandLine(String... arguments) {
    List<String> given = List.of(arguments);
    return new Commands(new TestTerminal(), given)
        .addTo(new CommandLine(RootSpec.of(() -> {})), given);
  }

  @Test
  void everyCommand_hasTheNameUnderWhichItIsCreated() {
    assertThat(commandLine().getSubcommands())
        .isNotEmpty()
        .allSatisfy((name, command) -> assertThat(command.getCommandSpec().name()).isEqualTo(name));
  }

  @Test
  void aNamedCommand_isTheOnlyOneCreated() {
    assertThat(commandLine("codes", "--output", "jsonl").getSubcommands())
        .containsOnlyKeys("codes");
  }

  @Test
  void completion_needsAllCommands() {
    assertThat(commandLine("completion").getSubcommands())
        .containsOnlyKeys(commandLine().getSubcommands().keySet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", "--version", "-V"})
  void help_listsAllCommandsWithoutReadingTheirOptions(String option) {
    CommandLine described = commandLine(option);

    assertThat(described.getUsageMessage()).isEqualTo(commandLine().getUsageMessage());
    assertThat(described.getSubcommands())
        .extractingByKey("stop")
        .extracting(stop -> stop.getCommandSpec().options())
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .isEmpty();
  }
}
