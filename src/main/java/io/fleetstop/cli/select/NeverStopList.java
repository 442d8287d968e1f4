package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.credentials.UserHome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The instances that are never stopped on this machine, from a file in a fixed place, which every
 * command reads. A file that exists and cannot be read ends the command: it may protect any
 * instance.
 *
 * @param file the file, whether it exists or not
 * @param ids its ids in lower case: whether the service tells cases apart is not documented, and an
 *     instance in the list is rather skipped once too often
 */
record NeverStopList(String file, Set<InstanceId> ids) {

  static final NeverStopList NONE = new NeverStopList("", Set.of());

  private static final String DIRECTORY = "fleetstop";
  private static final String NAME = "never-stop";
  private static final String WHAT = "the never-stop list";

  /**
   * Reads the list.
   *
   * @throws CommandFailure if it exists and cannot be read, or holds anything but ids
   */
  static NeverStopList read(Terminal terminal) {
    Path file = place(terminal::env, UserHome.ofAccount());
    if (file == null) {
      return NONE;
    }
    if (!exists(file)) {
      return new NeverStopList(file.toString(), Set.of());
    }
    Set<InstanceId> ids = new HashSet<>();
    IdFile.read(WHAT, file.toString(), terminal.in(), id -> ids.add(inLowerCase(id)));
    return new NeverStopList(file.toString(), ids);
  }

  private static InstanceId inLowerCase(InstanceId id) {
    return InstanceId.of(id.value().toLowerCase(Locale.ROOT));
  }

  /** Whether an instance is in the list, in any case. */
  boolean has(InstanceId id) {
    return !ids.isEmpty() && ids.contains(inLowerCase(id));
  }

  /**
   * Returns the place of the list, or {@code null} if the user has no directory. XDG declares a
   * relative path invalid.
   */
  static @Nullable Path place(Function<String, @Nullable String> variables, String ofAccount) {
    try {
      Path config = UserHome.absolute(variables.apply("XDG_CONFIG_HOME"));
      if (config == null) {
        Path home = UserHome.of(variables.apply("HOME"), ofAccount);
        config = home == null ? null : home.resolve(".config");
      }
      return config == null ? null : config.resolve(DIRECTORY).resolve(NAME);
    } catch (InvalidPathException e) {
      throw unreadable("XDG_CONFIG_HOME or HOME", String.valueOf(e.getMessage()));
    }
  }

  // A link that leads nowhere exists: its target is missing by mistake.
  private static boolean exists(Path file) {
    try {
      Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      requireNoBrokenLink(file);
      return false;
    } catch (IOException e) {
      // HOME=/dev/null is common for services.
      if (isWithoutHome(file)) {
        return false;
      }
      throw unreadable(file.toString(), SmallFile.reason(e));
    }
    if (!Files.isRegularFile(file)) {
      throw unreadable(file.toString(), "it is not a file");
    }
    if (!Files.isReadable(file)) {
      throw unreadable(file.toString(), "its permissions do not allow it");
    }
    return true;
  }

  private static boolean isWithoutHome(Path file) {
    Path home = file.resolveSibling("../..").normalize();
    return Files.exists(home) && !Files.isDirectory(home);
  }

  // The directories may be links, too: to a volume that is not mounted, for example.
  private static void requireNoBrokenLink(Path file) {
    Path directory = file.getParent();
    while (directory != null && !Files.isDirectory(directory)) {
      if (Files.isSymbolicLink(directory)) {
        throw unreadable(file.toString(), directory + " is a link that leads nowhere");
      }
      directory = directory.getParent();
    }
  }

  private static CommandFailure unreadable(String file, String reason) {
    return CommandFailure.usage(
        WHAT
            + ": "
            + file
            + " cannot be read: "
            + reason
            + ". Nothing is stopped without it; repair it, or remove it if nothing needs it");
  }

  /** Returns why its instances are skipped. */
  String reason() {
    return "in " + WHAT + " " + file;
  }
}
