package io.fleetstop.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the language of code and documents: standard words, one meaning a name, short test names.
 */
class LanguageTest {

  private static final Path LIST = Path.of("src/test/resources/vocabulary/private-words.txt");
  private static final List<String> ROOTS =
      List.of(
          "src/main",
          "src/samples/webflux/src",
          "src/site",
          "src/stress",
          "src/test",
          "benchmarks/src",
          "benchmarks/README.md",
          ".ci",
          "README.md");
  private static final int TEST_NAME_LENGTH = 60;

  private static final ArchRule BOOLEAN_FIELDS =
      noFields()
          .that()
          .haveRawType(boolean.class)
          .should()
          .haveNameMatching("is[A-Z].*")
          .because("a boolean field is called paused, its accessor isPaused()");

  private static final Pattern ANNOTATED =
      Pattern.compile("@(?:Test|ParameterizedTest|RepeatedTest|FuzzTest)\\b");
  private static final Pattern FUZZED = Pattern.compile("@FuzzTest\\b");
  private static final Pattern METHOD = Pattern.compile("\\bvoid (\\w+)\\(");
  private static final Pattern CONDITION_RESULT = Pattern.compile("[a-z][A-Za-z0-9]*_[a-z]\\w*");

  @Test
  void sources_useNoPrivateWord() throws IOException {
    PrivateWords words = PrivateWords.read(LIST);
    List<String> found = texts().stream().flatMap(file -> words.findIn(file).stream()).toList();
    assertThat(found).isEmpty();
  }

  /** Code, tests, benchmarks, pages, scripts and documents; the planted words aside. */
  private static List<Path> texts() throws IOException {
    List<Path> texts = new ArrayList<>();
    for (String root : ROOTS) {
      try (Stream<Path> files = Files.walk(Path.of(root))) {
        files.filter(Files::isRegularFile).filter(LanguageTest::isText).forEach(texts::add);
      }
    }
    return texts;
  }

  private static boolean isText(Path file) {
    String path = file.toString();
    boolean planted = path.endsWith("LanguageTest.java");
    return path.matches(".*\\.(java|md|js|cjs|html|css|properties|xml|ya?ml|sh)|\\.ci/.*")
        && !planted;
  }

  @Test
  void topLevelTypes_shareNoSimpleName() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      assertThat(sharedNames(files)).isEmpty();
    }
  }

  private static List<String> sharedNames(Stream<Path> files) {
    return files
        .map(file -> file.getFileName().toString())
        .filter(name -> name.endsWith(".java") && !name.equals("package-info.java"))
        .collect(Collectors.groupingBy(name -> name, Collectors.counting()))
        .entrySet()
        .stream()
        .filter(entry -> entry.getValue() > 1)
        .map(entry -> entry.getKey().replace(".java", ""))
        .toList();
  }

  @Test
  void booleanFields_haveNoIs() {
    JavaClasses main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.fleetstop");
    BOOLEAN_FIELDS.check(main);
  }

  @Test
  void testNames_areShort() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(sources).hasSizeGreaterThan(100);
      for (Path source : sources) {
        assertThat(longTestNames(Files.readString(source))).as(source.toString()).isEmpty();
      }
    }
  }

  private static List<String> longTestNames(String source) {
    return methods(ANNOTATED, source).filter(name -> name.length() > TEST_NAME_LENGTH).toList();
  }

  /** Returns the names of the methods with an annotation. */
  private static Stream<String> methods(Pattern annotation, String source) {
    List<String> names = new ArrayList<>();
    Matcher annotated = annotation.matcher(source);
    Matcher method = METHOD.matcher(source);
    while (annotated.find() && method.find(annotated.end())) {
      names.add(method.group(1));
    }
    return names.stream();
  }

  @Test
  void fuzzTestNames_areConditionAndResult() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      List<Path> sources = files.filter(file -> file.toString().endsWith("FuzzTest.java")).toList();
      assertThat(sources).hasSizeGreaterThan(3);
      for (Path source : sources) {
        assertThat(unclearFuzzNames(Files.readString(source))).as(source.toString()).isEmpty();
      }
    }
  }

  private static List<String> unclearFuzzNames(String source) {
    return methods(FUZZED, source)
        .filter(name -> !CONDITION_RESULT.matcher(name).matches())
        .toList();
  }

  /** Jazzer looks for the seeds of a fuzz test in a folder of its name, and ignores others. */
  @Test
  void seedFolders_belongToAFuzzTest() throws IOException {
    Path resources = Path.of("src/test/resources");
    try (Stream<Path> files = Files.walk(resources)) {
      List<Path> folders =
          files
              .filter(file -> String.valueOf(file.getParent()).endsWith("FuzzTestInputs"))
              .toList();
      assertThat(folders).isNotEmpty();
      for (Path folder : folders) {
        String type = resources.relativize(folder.getParent()).toString().replace("Inputs", "");
        String source = Files.readString(Path.of("src/test/java", type + ".java"));
        assertThat(methods(FUZZED, source)).contains(folder.getFileName().toString());
      }
    }
  }

  @Test
  void plantedWords_areFound() throws IOException {
    PrivateWords words = PrivateWords.read(LIST);
    assertThat(words.findIn("A.java", "int whoeverIsFirst;")).containsExactly("A.java:1: whoever");
    assertThat(words.findIn("A.java", "// sent anew\n")).containsExactly("A.java:1: anew");
    assertThat(words.findIn("A.java", "String m = \"it is\"\n  + \" told of\";"))
        .containsExactly("A.java:2: told of");
    assertThat(words.findIn("a.md", "Instances are left\nalone.")).hasSize(1);
    assertThat(words.findIn("A.java", "/**\n * Waits for its\n * turn.\n */"))
        .containsExactly("A.java:2: its turn");
    assertThat(words.findIn("A.java", "int newest; // a new attempt\n")).isEmpty();
  }

  @Test
  void plantedNames_areFound() throws IOException {
    PrivateWords words = PrivateWords.read(LIST);
    assertThat(words.findIn("A.java", "int MAX_VERDICTS;")).containsExactly("A.java:1: VERDICTS");
    assertThat(words.findIn("A.java", "\nint LOOK_RATE;")).containsExactly("A.java:2: LOOK_RATE");
    assertThat(words.findIn("A.java", "int LEFT_ALONE;")).containsExactly("A.java:1: LEFT_ALONE");
    assertThat(words.findIn("A.java", "int leftAlone;")).containsExactly("A.java:1: leftAlone");
    assertThat(words.findIn("A.java", "void tag_isSaid()")).containsExactly("A.java:1: tag_isSaid");
    assertThat(words.findIn("A.java", "/* look */ char c = '\"'; // looks\n")).isEmpty();
  }

  @Test
  void plantedSharedName_isFound() {
    Stream<Path> files = Stream.of("a/Call.java", "b/Call.java", "b/Run.java").map(Path::of);
    assertThat(sharedNames(files)).containsExactly("Call");
  }

  @Test
  void plantedBooleanField_isFound() {
    JavaClasses planted = new ClassFileImporter().importClasses(Planted.class);
    assertThatThrownBy(() -> BOOLEAN_FIELDS.check(planted))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("isPaused");
  }

  @Test
  void plantedLongTestName_isFound() {
    String name = "a".repeat(TEST_NAME_LENGTH + 1);
    Matcher source = Pattern.compile("NAME").matcher("@Test\nvoid NAME() {}\n@Test void b() {}");
    assertThat(longTestNames(source.replaceFirst(name))).containsExactly(name);
  }

  @Test
  void plantedFuzzName_isFound() {
    String source =
        "@FuzzTest(maxDuration = \"4s\")\nvoid aLineIsRead() {}\n@FuzzTest void any_is() {}";
    assertThat(unclearFuzzNames(source)).containsExactly("aLineIsRead");
  }

  @SuppressWarnings("UnusedVariable")
  private static final class Planted {
    private boolean isPaused;
  }
}
