package io.fleetstop.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files that the pages on the architecture and on compatibility name. */
class ArchitecturePageTest {

  private static final String OURS = "io.fleetstop.";
  private static final int MAX_FILES = 12;
  private static final Path SOURCES = Path.of("src/main/java/io/fleetstop");
  private static final Pattern STEP = Pattern.compile("(?m)^(\\d+)\\. `([^`]+)`: .+$");
  private static final Pattern FILE = Pattern.compile("`((?:[a-z]+/)*[A-Z]\\w+)`");

  private static String page() {
    try {
      return Files.readString(Path.of("src/site/markdown/architecture.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The two walks: the numbered lists of their section. */
  static Stream<List<String>> walks() {
    String section =
        page()
            .replaceAll("(?s).*\\n## Two walks through the code\\n", "")
            .replaceAll("(?s)\\n## .*", "");
    return Stream.of(section.split("(?m)^1\\. ", -1))
        .skip(1)
        .map(walk -> STEP.matcher("1. " + walk).results().map(step -> step.group(2)).toList());
  }

  @Test
  void page_hasTwoWalks() {
    assertThat(walks()).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("walks")
  void walk_isConnectedAndShort(List<String> walk) {
    assertThat(walk).hasSizeBetween(2, MAX_FILES).doesNotHaveDuplicates();
    Set<String> typesBefore = new HashSet<>();
    Set<String> usedBefore = new HashSet<>();
    for (String file : walk) {
      assertThat(SOURCES.resolve(file + ".java")).exists();
      JavaClasses classes = classesOf(file);
      Set<String> types = typesOf(classes.get(OURS + file.replace('/', '.')));
      Set<String> used = usedBy(classes);
      assertThat(
              typesBefore.isEmpty()
                  || !Collections.disjoint(used, typesBefore)
                  || !Collections.disjoint(usedBefore, types))
          .as("%s uses or is used by a file before it", file)
          .isTrue();
      typesBefore.addAll(types);
      usedBefore.addAll(used);
    }
  }

  @Test
  void everyFileNamedWithItsPackage_exists() {
    assertThat(
            FILE.matcher(page())
                .results()
                .map(named -> named.group(1))
                .filter(name -> name.contains("/")))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(SOURCES.resolve(name + ".java")).exists());
  }

  @Test
  void typesThatMayChange_areThoseTheComparisonExcludes() throws IOException {
    List<String> listed =
        Files.readAllLines(Path.of("src/site/markdown/compatibility.md")).stream()
            .filter(line -> line.startsWith("- `io.fleetstop."))
            .map(line -> line.replaceAll("[-` ]", ""))
            .toList();
    List<String> excluded =
        Pattern.compile("<exclude>(io\\.fleetstop\\.\\w+\\.[A-Z]\\w+)</exclude>")
            .matcher(Files.readString(Path.of("pom.xml")))
            .results()
            .map(type -> type.group(1))
            .toList();

    assertThat(listed).isNotEmpty().isEqualTo(excluded);
    assertThat(listed)
        .allSatisfy(
            type ->
                assertThat(SOURCES.resolve(type.replace(OURS, "").replace('.', '/') + ".java"))
                    .exists());
  }

  /** A file: the names of its class and of the interfaces of ours that it implements. */
  private static Set<String> typesOf(JavaClass type) {
    return Stream.concat(Stream.of(type), type.getAllRawInterfaces().stream())
        .map(JavaClass::getName)
        .filter(name -> name.startsWith(OURS))
        .collect(Collectors.toSet());
  }

  /** The classes of a file, which is one with its nested ones. */
  private static JavaClasses classesOf(String file) {
    Path path = Path.of("target/classes/io/fleetstop").resolve(file + ".class");
    String name = path.getFileName().toString().replace(".class", "");
    try (Stream<Path> siblings = Files.list(path.getParent())) {
      return new ClassFileImporter()
          .importPaths(
              siblings
                  .filter(
                      sibling ->
                          sibling.getFileName().toString().matches(name + "(\\$.*)?\\.class"))
                  .toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> usedBy(JavaClasses classes) {
    return classes.stream()
        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
        .map(dependency -> topLevelName(dependency.getTargetClass()))
        .collect(Collectors.toSet());
  }

  private static String topLevelName(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }
}
