package io.fleetstop.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package has a description of its own. */
class PackageInfoTest {

  private static final Path SOURCES = Path.of("src/main/java");
  private static final Pattern JAVADOC = Pattern.compile("/\\*\\*(.*?)\\*/", Pattern.DOTALL);

  @Test
  void everyPackageIsDescribedAndNullMarked() throws IOException {
    assertThat(packages()).isNotEmpty();
    for (Path directory : packages()) {
      Path info = directory.resolve("package-info.java");
      assertThat(info).isRegularFile();
      String text = Files.readString(info);
      assertThat(text).as("%s", info).containsPattern("(?m)^@NullMarked$");
      assertThat(sentences(description(text))).as("%s", info).hasSizeGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void descriptions_shareNoSentence() throws IOException {
    Map<String, Path> seen = new HashMap<>();
    for (Path directory : packages()) {
      String text = description(Files.readString(directory.resolve("package-info.java")));
      for (String sentence : sentences(text)) {
        assertThat(seen.putIfAbsent(sentence, directory)).as(sentence).isNull();
      }
    }
  }

  private static List<Path> packages() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(Path::getParent)
          .distinct()
          .sorted()
          .toList();
    }
  }

  private static String description(String text) {
    Matcher javadoc = JAVADOC.matcher(text);
    assertThat(javadoc.find()).isTrue();
    return javadoc.group(1).replaceAll("(?m)^ *\\*", "").replaceAll("\\s+", " ").strip();
  }

  private static List<String> sentences(String description) {
    return Pattern.compile("(?<=\\.) ").splitAsStream(description).toList();
  }
}
