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

/** The README's table of guarantees names tests that there are. */
class GuaranteesTest {

  private static final Path TESTS = Path.of("src/test/java");
  private static final Pattern ROW =
      Pattern.compile("\\| (?<promise>[^|]+) \\| `(?<type>\\w+)\\.(?<method>\\w+)` \\|");

  static List<String> rows() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    int start = readme.indexOf("\n## Guarantees\n");
    return readme
        .substring(start, readme.indexOf("\n## ", start + 1))
        .lines()
        .filter(line -> line.startsWith("| ") && !line.startsWith("| promise "))
        .toList();
  }

  @Test
  void theTableIsThereAndShort() throws IOException {
    assertThat(rows()).hasSizeBetween(15, 25).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void eachPromiseNamesATestThatIsRun(String row) throws IOException {
    Matcher matcher = ROW.matcher(row);
    assertThat(matcher.matches()).as(row).isTrue();
    Class<?> type = find(matcher.group("type"));
    assertThat(
            ReflectionSupport.findMethods(
                type,
                method ->
                    method.getName().equals(matcher.group("method"))
                        && AnnotationSupport.isAnnotated(method, Testable.class),
                HierarchyTraversalMode.TOP_DOWN))
        .as(row)
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
