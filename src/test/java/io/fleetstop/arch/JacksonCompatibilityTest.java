package io.fleetstop.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Main code links with Jackson 3.0, which the first releases of Spring Boot 4.0 bring, and with the
 * Jackson 3.1 that it is compiled against.
 *
 * <p>{@code jackson-added-in-3.1.txt} lists the classes and the members of jackson-core and
 * jackson-databind that 3.1.7 has and 3.0.3 has not. Source that compiles with both may still link
 * with one only: the parameter of {@code treeToValue} changed its type.
 */
class JacksonCompatibilityTest {

  private static final Set<String> ADDED_IN_3_1 = addedIn31();

  private static Set<String> addedIn31() {
    try (InputStream list =
        JacksonCompatibilityTest.class.getResourceAsStream("jackson-added-in-3.1.txt")) {
      return new String(list.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void mainCode_usesWhatJackson30And31Share() {
    Set<String> used = new TreeSet<>();
    new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages("io.fleetstop")
        .forEach(type -> used.addAll(addedMembersUsedBy(type)));
    assertThat(used).isEmpty();
  }

  @Test
  void membersAddedIn31_areFound() {
    JavaClass planted = new ClassFileImporter().importClass(Planted.class);
    assertThat(addedMembersUsedBy(planted)).hasSize(1).allMatch(use -> use.contains("treeToValue"));
  }

  private static Set<String> addedMembersUsedBy(JavaClass type) {
    Stream<String> members =
        type.getAccessesFromSelf().stream()
            .map(JavaAccess::getTarget)
            .filter(target -> target.getOwner().getName().startsWith("tools.jackson."))
            .flatMap(target -> target.resolveMember().stream())
            .map(JacksonCompatibilityTest::nameOf);
    Stream<String> types =
        type.getDirectDependenciesFromSelf().stream()
            .map(Dependency::getTargetClass)
            .map(JavaClass::getName);
    return Stream.concat(members, types)
        .filter(ADDED_IN_3_1::contains)
        .map(added -> type.getName() + " uses " + added)
        .collect(Collectors.toSet());
  }

  private static String nameOf(JavaMember member) {
    String separator = member instanceof JavaField ? ":" : "";
    return member.getOwner().getName()
        + '#'
        + member.getName()
        + separator
        + member.getDescriptor();
  }

  private static final class Planted {
    @SuppressWarnings("UnusedMethod") // found by its bytecode
    String read(JsonMapper mapper, JsonNode tree) {
      return mapper.treeToValue(tree, String.class);
    }
  }
}
