package io.fleetstop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WithoutMicrometerTest {

  @Test
  void withoutMicrometer_nothingIsMissing() throws Exception {
    String withoutIt =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> !isMicrometer(Path.of(entry).getFileName().toString()))
            .collect(Collectors.joining(File.pathSeparator));

    List<String> printed = run(withoutIt);

    assertThat(printed).contains("STOPPED 3");
    assertThat(loaded(printed)).anyMatch(name -> name.equals("io.fleetstop.EcsClient"));
    assertThat(loaded(printed))
        .filteredOn(name -> !name.startsWith(PlainCall.class.getName()))
        .noneMatch(name -> name.contains("io.micrometer") || name.contains("fleetstop.micrometer"));
  }

  @Test
  void unusedMicrometer_loadsNoClassOfOurs() throws Exception {
    List<String> printed = run(System.getProperty("java.class.path"));

    assertThat(printed).contains("STOPPED 3");
    assertThat(loaded(printed))
        .filteredOn(name -> name.startsWith("io.fleetstop.micrometer"))
        .allMatch(name -> name.startsWith(PlainCall.class.getName()));
  }

  private static boolean isMicrometer(String jar) {
    return jar.startsWith("micrometer-") || jar.startsWith("context-propagation-");
  }

  private static List<String> loaded(List<String> printed) {
    return printed.stream()
        .filter(line -> line.contains(" source: "))
        .map(line -> line.substring(0, line.indexOf(" source: ")))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .toList();
  }

  private static List<String> run(String classPath) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xlog:class+load",
            "-cp",
            classPath,
            PlainCall.class.getName());
    builder.redirectErrorStream(true);
    return Child.run(builder, Duration.ofSeconds(50)).out().lines().toList();
  }
}
