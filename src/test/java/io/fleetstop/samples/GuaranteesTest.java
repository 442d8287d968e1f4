package io.fleetstop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every guarantee that the documents state is proved by tests that carry its tag. */
class GuaranteesTest {

  private static final Pattern TAG = Pattern.compile("`guarantee:([a-z-]+)`");
  private static final Pattern TEST_TAG = Pattern.compile("@Tag\\(\"guarantee:([a-z-]+)\"\\)");

  private static final Pattern TEST_NAME = Pattern.compile("`([A-Z][A-Za-z0-9]*Test)`");

  @Test
  void guarantees_haveTaggedTests() throws IOException {
    Set<String> tags = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
        tags.addAll(find(TEST_TAG, file));
      }
    }
    assertThat(stated("src/site/markdown/guarantees.md")).hasSizeGreaterThan(30).isEqualTo(tags);
  }

  @Test
  void readmeGuarantees_areOnTheirPage() throws IOException {
    assertThat(stated("src/site/markdown/guarantees.md")).containsAll(stated("README.md"));
    assertThat(stated("README.md")).hasSizeGreaterThan(10);
  }

  @Test
  void proofsOfAttacks_exist() throws IOException {
    Set<String> tests = new TreeSet<>();
    for (Path root : List.of(Path.of("src/test/java"), Path.of("src/samples"))) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .map(path -> path.getFileName().toString())
            .filter(name -> name.endsWith("Test.java"))
            .forEach(name -> tests.add(name.substring(0, name.length() - ".java".length())));
      }
    }
    assertThat(find(TEST_NAME, Path.of("src/site/markdown/guarantees.md")))
        .hasSizeGreaterThan(15)
        .isSubsetOf(tests);
  }

  private static Set<String> stated(String document) throws IOException {
    return find(TAG, Path.of(document));
  }

  private static Set<String> find(Pattern pattern, Path file) throws IOException {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(Files.readString(file));
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }
}
