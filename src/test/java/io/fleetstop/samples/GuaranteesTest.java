package io.fleetstop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/** The README's tables of guarantees name tests that there are. */
class GuaranteesTest {

  private static final Path TESTS = Path.of("src/test/java");
  private static final Pattern ROW = Pattern.compile("\\| [^|]+ \\| (?<tests>`[^|]+`) \\|");
  private static final Pattern NAMED = Pattern.compile("`(?<type>\\w+)\\.(?<method>\\w+)`");

  static List<String> rows() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    return Stream.of("Guarantees", "Threat model").flatMap(name -> rows(readme, name)).toList();
  }

  private static Stream<String> rows(String readme, String section) {
    int start = readme.indexOf("\n## " + section + "\n");
    return readme
        .substring(start, readme.indexOf("\n## ", start + 1))
        .lines()
        .filter(line -> line.startsWith("| ") && !line.startsWith("| promise "));
  }

  @Test
  void theTablesAreThereAndShort() throws IOException {
    assertThat(rows()).hasSizeBetween(30, 40).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void eachPromiseNamesATestThatIsRun(String row) throws IOException {
    Matcher matcher = ROW.matcher(row);
    assertThat(matcher.matches()).as(row).isTrue();
    Matcher named = NAMED.matcher(matcher.group("tests"));
    assertThat(named.find()).as(row).isTrue();
    do {
      requireTest(named.group("type"), named.group("method"));
    } while (named.find());
  }

  private static void requireTest(String type, String name) throws IOException {
    assertThat(
            ReflectionSupport.findMethods(
                find(type),
                method ->
                    method.getName().equals(name)
                        && AnnotationSupport.isAnnotated(method, Testable.class),
                HierarchyTraversalMode.TOP_DOWN))
        .as(type + "." + name)
        .isNotEmpty();
  }

  private static Class<?> find(String name) throws IOException {
    try (Stream<Path> files = Files.walk(TESTS)) {
      Path file =
          files
              .filter(path -> path.endsWith(name + ".java"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("there is no test class " + name));
      String path = TESTS.relativize(file).toString().replace(File.separatorChar, '.');
      return Class.forName(path.substring(0, path.length() - ".java".length()));
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
