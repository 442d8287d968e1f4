package io.fleetstop.cli.completion;

import io.fleetstop.cli.output.Terminal;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** The names of the profiles of the official command line tool. */
public final class ProfileNames {

  private ProfileNames() {}

  /** Returns the names; empty if the file cannot be read, since a completion reports nothing. */
  public static List<String> read(Terminal terminal) {
    String named = terminal.env("VOLCENGINE_CLI_CONFIG_FILE");
    String home = terminal.env("HOME");
    try {
      Path file =
          named == null || named.isEmpty()
              ? Path.of(home == null ? System.getProperty("user.home", "") : home)
                  .resolve(".volcengine/config.json")
              : Path.of(named);
      return new JsonMapper()
              .readTree(SmallFile.read(file, SmallFile.MAX_TEXT))
              .path("profiles")
              .propertyNames()
              .stream()
              // A line is a name.
              .filter(name -> name.chars().noneMatch(Character::isISOControl))
              .toList();
    } catch (IOException | InvalidPathException | JacksonException e) {
      return List.of();
    }
  }
}
