package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.junit.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of the distribution, with a script in place of Java that prints its arguments. */
@EnabledOnOs(OS.LINUX)
class LauncherTest {

  @TempDir private Path directory;

  private Path home;

  @BeforeEach
  void install() throws IOException {
    home = Files.createDirectories(directory.resolve("it's \"a\" home"));
    Path java = home.resolve("runtime/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(home.resolve("bin"));
    Files.copy(Path.of("src/dist/bin/fleetstop"), launcher());
  }

  private Path launcher() {
    return home.resolve("bin/fleetstop");
  }

  private List<String> run(Path launcher, Map<String, String> environment, String... args)
      throws Exception {
    return run(directory, List.of("sh", launcher.toString()), environment, args);
  }

  private static List<String> run(
      Path from, List<String> shell, Map<String, String> environment, String... args)
      throws Exception {
    List<String> command = new ArrayList<>(shell);
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(from.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Child.End end = Child.run(builder, Duration.ofSeconds(20));
    assertThat(end.exitCode()).as(end.out()).isZero();
    return end.out().lines().toList();
  }

  @Test
  void optionsForJava_areWordsButNoPatterns() throws Exception {
    Files.createFile(directory.resolve("-Da=1"));
    Files.createFile(directory.resolve("b"));

    assertThat(run(launcher(), Map.of("JAVA_OPTS", "-Da=* ?  -Xmx64m"), "stop", "*", "a b"))
        .containsSubsequence("-Da=*", "?", "-Xmx64m", "-jar", home + "/lib/fleetstop.jar")
        .endsWith("stop", "*", "a b");
  }

  @Test
  void helpOfACommand_startsWithTheSmallArchiveOfClasses() throws Exception {
    String small = "-XX:SharedArchiveFile=" + home + "/lib/local.jsa";

    assertThat(run(launcher(), Map.of(), "stop", "--help")).contains(small);
    assertThat(run(launcher(), Map.of(), "list", "--verbose", "-h")).contains(small);
    assertThat(run(launcher(), Map.of(), "stop", "i-1")).doesNotContain(small);
  }

  @Test
  void links_areFollowedWhateverTheEnvironmentAsksOfLs() throws Exception {
    Path absolute = Files.createSymbolicLink(directory.resolve("x -> y"), launcher());
    Path relative = Files.createSymbolicLink(home.resolve("link"), Path.of("../x -> y"));

    for (String style : List.of("shell-always", "c", "escape", "literal")) {
      for (Path link : List.of(absolute, relative)) {
        assertThat(run(link, Map.of("QUOTING_STYLE", style, "CLICOLOR_FORCE", "1"), "codes"))
            .contains("-XX:SharedArchiveFile=" + home + "/lib/local.jsa")
            .endsWith(home + "/lib/fleetstop.jar", "codes");
      }
    }
  }

  /** Java would replace it by /dev/null, and report no error. */
  @Test
  void closedStdout_staysUnwritable() throws Exception {
    Path java = home.resolve("runtime/bin/java");
    Files.writeString(
        java,
        "#!/bin/sh\n[ -e /proc/$$/fd/1 ] && ! printf x 2> /dev/null && : > \"$0.refused\"\ntrue\n");

    for (String closed : List.of(">&-", "<&- >&-", "<&- >&- 2>&-")) {
      List<String> shell = List.of("sh", "-c", "exec sh \"$@\" " + closed, "sh");
      List<String> command = new ArrayList<>(shell);
      command.add(launcher().toString());
      run(directory, command, Map.of(), "codes");
      assertThat(home.resolve("runtime/bin/java.refused")).as(closed).exists();
      Files.delete(home.resolve("runtime/bin/java.refused"));
    }
    run(directory, List.of("sh", launcher().toString()), Map.of(), "codes");
    assertThat(home.resolve("runtime/bin/java.refused")).doesNotExist();
  }

  /** Bash searches PATH for its argument; the runtime must not be that beside the directory. */
  @Test
  void nameAsAnArgumentOfBash_doesNotRunWhatIsBesideTheDirectory() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")));
    Path java = directory.resolve("shared/runtime/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(java, "#!/bin/sh\necho of another user\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    Path here = Files.createDirectories(directory.resolve("shared/here"));
    Files.setPosixFilePermissions(launcher(), PosixFilePermissions.fromString("rwx------"));
    String path = home.resolve("bin") + ":/usr/bin:/bin";

    assertThat(run(here, List.of("/bin/bash", "fleetstop"), Map.of("PATH", path), "codes"))
        .contains("-jar", home + "/lib/fleetstop.jar");
    assertThat(run(home.resolve("bin"), List.of("sh", "fleetstop"), Map.of("PATH", path), "codes"))
        .contains("-jar", home + "/lib/fleetstop.jar");
  }
}
