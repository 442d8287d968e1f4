package io.fleetstop.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Allowed dependencies. A rule may name a package that does not exist yet. */
class ArchitectureTest {

  private static final String OURS = "io.fleetstop";

  /** The root package alone; every other name stands for a package with its subpackages. */
  private static final String ROOT = "";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(OURS);

  private static final String[] CORE = {
    "error", "model", "transport", "observe", "retry", "limit", "poll", "credentials", "sign"
  };

  /** The table of imports: a package, and the packages that it may import. */
  static Stream<Arguments> imports() {
    return Stream.of(
        mayImport("error"),
        mayImport("model", "error"),
        mayImport("transport", "error"),
        mayImport("observe", "error"),
        mayImport("retry", "error"),
        mayImport("limit", "error"),
        mayImport("poll", "model", "error"),
        mayImport("sign", "transport"),
        mayImport("credentials", "sign", "transport", "error"),
        mayImport(ROOT, CORE),
        mayImport("fleet", ROOT, "model", "error", "retry", "limit", "poll"),
        mayImport("simulator", "error", "model"),
        mayImport("micrometer", with(CORE, ROOT, "fleet")),
        mayImport("redis", with(CORE, ROOT, "fleet")),
        mayImport("spring", with(CORE, ROOT, "fleet", "micrometer", "redis")),
        mayImport("testkit", with(CORE, ROOT, "fleet", "simulator", "spring")),
        mayImport("cli", with(CORE, ROOT, "fleet", "simulator", "redis")),
        // Within the command line, from its options up to a run of `fleetstop stop`.
        mayImport("cli.options", "fleet", "model", "error"),
        mayImport("cli.output", "fleet", "model", "error", "credentials", "cli.options"),
        mayImport(
            "cli.select", with(CORE, ROOT, "fleet", "simulator", "cli.options", "cli.output")),
        mayImport(
            "cli.run",
            with(
                CORE,
                ROOT,
                "fleet",
                "redis",
                "cli.options",
                "cli.output",
                "cli.select",
                "cli.report")),
        // What writes the page knows what it is given and no more: nothing of fleets, clients or
        // options can find its way into it.
        mayImport("cli.report", "error", "observe"));
  }

  /** The table of libraries: packages of one, and the only packages or classes that may use it. */
  static Stream<Arguments> libraries() {
    return Stream.of(
        onlyIn(List.of("io.netty..", "reactor.netty.."), List.of("transport", "simulator")),
        onlyIn(
            List.of("tools.jackson..", "com.fasterxml.jackson.."),
            List.of("credentials", "cli", "simulator"),
            "io.fleetstop.ActionCodec",
            "io.fleetstop.MaskedParser",
            "io.fleetstop.RecordInstantiators",
            "io.fleetstop.DamagedPage",
            "io.fleetstop.ReplyJson",
            "io.fleetstop.StreamingReply",
            // A journal's format, apart from the journal itself, which does nothing but keep it.
            "io.fleetstop.fleet.JournalFields",
            "io.fleetstop.fleet.JournalFormat",
            // The JSON of outcomes: annotations only.
            "io.fleetstop.fleet.OutcomeJson",
            "io.fleetstop.fleet.ShutdownOutcome",
            "io.fleetstop.fleet.TargetOutcome",
            "io.fleetstop.model.InstanceResultJson",
            "io.fleetstop.model.StopInstances",
            // One format of its lines in every application.
            "io.fleetstop.spring.OutcomeStreamWriter"),
        onlyIn(List.of("io.micrometer.."), List.of("micrometer", "spring")),
        onlyIn(List.of("io.lettuce.."), List.of("redis")),
        onlyIn(List.of("org.springframework.."), List.of("spring", "testkit")),
        onlyIn(List.of("org.junit.."), List.of("testkit")),
        onlyIn(List.of("picocli..", "me.tongfei..", "org.jline.."), List.of("cli")));
  }

  @Test
  void importedClasses_areNotEmpty() {
    assertThat(CLASSES.contain(EcsException.class)).isTrue();
    assertThat(CLASSES.size()).isGreaterThan(20);
  }

  @ParameterizedTest
  @MethodSource("imports")
  void package_dependsOnAllowedPackagesOnly(String name, Set<String> allowed) {
    String[] mayUse =
        Stream.concat(Stream.of(name), allowed.stream())
            .map(ArchitectureTest::pattern)
            .toArray(String[]::new);

    noClasses()
        .that(resideInAPackage(pattern(name)))
        .should()
        .dependOnClassesThat(resideInAPackage(OURS + "..").and(resideOutsideOfPackages(mayUse)))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void reportPackage_isUsedByTheCommandLineOnly() {
    noClasses()
        .that(resideOutsideOfPackages(pattern("cli")))
        .should()
        .dependOnClassesThat(resideInAPackage(pattern("cli.report")))
        .check(CLASSES);
  }

  @Test
  void everyPackageIsInTheTable() {
    String[] known = imports().map(row -> pattern((String) row.get()[0])).toArray(String[]::new);

    classes().should().resideInAnyPackage(known).check(CLASSES);
  }

  /** A text as the service sent it may hold a secret: it decides, and nothing shows it. */
  @Test
  void receivedTexts_areForDecisionsOnly() {
    noClasses()
        .that(
            resideOutsideOfPackages(pattern("model"))
                .and(
                    notNamed(
                        "io.fleetstop.ActionCodec",
                        "io.fleetstop.cli.options.FilterArguments",
                        "io.fleetstop.fleet.ChangeCheck",
                        "io.fleetstop.fleet.Protection")))
        .should()
        .callMethod(Instance.class, "received")
        .orShould()
        .callMethod(EcsAction.Reply.class, "received", Class.class)
        .check(CLASSES);
  }

  @Test
  void fleet_usesFewTypesOfRetryAndLimit() {
    noClasses()
        .that(resideInAPackage(pattern("fleet")))
        .should()
        .dependOnClassesThat(
            resideInAPackage(pattern("retry"))
                .and(notNamed("io.fleetstop.retry.Backoff"))
                .and(notNamed("io.fleetstop.retry.RetryPolicy"))
                .and(notNamed("io.fleetstop.retry.RetryPolicy$Builder"))
                .or(
                    resideInAPackage(pattern("limit"))
                        .and(notNamed("io.fleetstop.limit.CallFlow"))
                        .and(notNamed("io.fleetstop.limit.ConcurrencyLimiter"))))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void library_isUsedInItsPackagesOnly(
      List<String> library, List<String> packages, List<String> classNames) {
    String[] allowed = packages.stream().map(ArchitectureTest::pattern).toArray(String[]::new);

    noClasses()
        .that(resideOutsideOfPackages(allowed).and(notNamed(classNames.toArray(String[]::new))))
        .should()
        .dependOnClassesThat(resideInAnyPackage(library.toArray(String[]::new)))
        .check(CLASSES);
  }

  @Test
  void packages_haveNoCycle() {
    slices().matching(OURS + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    slices().matching(OURS + ".cli.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /** The classes of a call form a line: each uses only those after it. */
  @Test
  void classesOfACall_formALine() {
    List<String> line =
        List.of(
            "DefaultEcsClient",
            "CallExecution",
            "TimeLimitedAttempt",
            "CallState",
            "CallAttempt",
            "ActionCodec",
            "EcsErrorDecoder",
            "StreamingReply",
            "ReplyJson");
    for (int i = 1; i < line.size(); i++) {
      assertThat(CLASSES.contain(OURS + '.' + line.get(i))).as(line.get(i)).isTrue();
      String earlier = String.join("|", line.subList(0, i));
      noClasses()
          .that()
          .haveNameMatching("io\\.fleetstop\\." + line.get(i) + "(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .haveNameMatching("io\\.fleetstop\\.(" + earlier + ")(\\$.*)?")
          .check(CLASSES);
    }
  }

  /** These name each other, as an interface, its factory and its implementation do. */
  private static final Set<String> CLIENT =
      Set.of("EcsClient", "EcsClientBuilder", "DefaultEcsClient");

  @Test
  void rootPackage_classGroupsHaveNoCycle() {
    slices().assignedFrom(rootGroups()).should().beFreeOfCycles().check(CLASSES);
  }

  /** Each other class is a group with its nested ones. */
  private static SliceAssignment rootGroups() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
        if (!javaClass.getPackageName().equals(OURS)) {
          return SliceIdentifier.ignore();
        }
        String name = topLevelName(javaClass);
        return SliceIdentifier.of(CLIENT.contains(name) ? "client" : name);
      }

      @Override
      public String getDescription() {
        return "the classes of the root package";
      }
    };
  }

  @Test
  void onlyTheCommandLine_blocks() {
    nothingBlocks().check(CLASSES);
  }

  @Test
  void plantedBlockingCall_isFound() {
    JavaClasses blocking = new ClassFileImporter().importClasses(Blocking.class);

    assertThatThrownBy(() -> nothingBlocks().check(blocking))
        .hasMessageContaining("Mono.block()")
        .hasMessageContaining("Thread.sleep(long)");
  }

  interface Blocking {

    default void block() throws InterruptedException {
      Thread.sleep(1);
      Mono.empty().block();
    }
  }

  /** The contract of journals is a test: it blocks JUnit's thread. */
  private static ArchRule nothingBlocks() {
    return outsideTheCommandLine(
        notNamed("io.fleetstop.testkit.ShutdownJournalContract"),
        call(
            "block, sleep or wait for a Future",
            target ->
                isReactor(target)
                    || is(target, Thread.class, "sleep", "join")
                    || is(target, Future.class, "get")
                    || is(target, CompletableFuture.class, "get", "join")
                    || is(target, CountDownLatch.class, "await")));
  }

  @Test
  void onlyTheCommandLine_prints() {
    outsideTheCommandLine(
            DescribedPredicate.alwaysTrue(),
            call(
                "print to the process's streams",
                target ->
                    is(target, System.class, "out", "err", "setOut", "setErr")
                        || target.getName().equals("printStackTrace")))
        .check(CLASSES);
  }

  /**
   * Time comes from a {@code Scheduler} or an injected {@code Clock} or {@code InstantSource}: the
   * seam is where {@code systemUTC()} or {@code system()} is handed in, and needs no clock itself.
   */
  @Test
  void noClass_readsTheSystemClock() {
    noClasses()
        .should()
        .accessTargetWhere(
            call(
                "read the clock",
                target ->
                    is(target, System.class, "nanoTime", "currentTimeMillis")
                        || (target.getName().equals("now")
                            && target.getOwner().getPackageName().equals("java.time"))))
        .check(CLASSES);
  }

  @Test
  void optionsAndPolicies_areFinalAndBuiltByBuilders() {
    classes()
        .that()
        .haveSimpleNameEndingWith("Options")
        .or()
        .haveSimpleNameEndingWith("Policy")
        .should()
        .haveModifier(JavaModifier.FINAL)
        .andShould()
        .haveOnlyPrivateConstructors()
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void classNames_haveNoVagueSuffix() {
    noClasses().should().haveNameMatching(".*(Impl|Manager|Helper|Utils?)(\\$.*)?").check(CLASSES);
  }

  private static String topLevelName(JavaClass javaClass) {
    JavaClass outer = javaClass;
    while (outer.getEnclosingClass().isPresent()) {
      outer = outer.getEnclosingClass().get();
    }
    return outer.getSimpleName();
  }

  private static Arguments mayImport(String name, String... others) {
    return Arguments.of(name, Set.of(others));
  }

  private static Arguments onlyIn(
      List<String> library, List<String> packages, String... classNames) {
    return Arguments.of(library, packages, List.of(classNames));
  }

  private static String[] with(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  private static String pattern(String name) {
    return name.equals(ROOT) ? OURS : OURS + "." + name + "..";
  }

  /** Neither one of these classes nor nested in one. */
  private static DescribedPredicate<JavaClass> notNamed(String... names) {
    return DescribedPredicate.describe(
        "not " + List.of(names),
        javaClass ->
            Stream.of(names)
                .noneMatch(
                    name ->
                        javaClass.getName().equals(name)
                            || javaClass.getName().startsWith(name + "$")));
  }

  private static ArchRule outsideTheCommandLine(
      DescribedPredicate<? super JavaClass> others, DescribedPredicate<JavaAccess<?>> access) {
    return noClasses()
        .that(resideOutsideOfPackages(pattern("cli")).and(others))
        .should()
        .accessTargetWhere(access);
  }

  private static DescribedPredicate<JavaAccess<?>> call(
      String description, Predicate<AccessTarget> wanted) {
    return DescribedPredicate.describe(description, access -> wanted.test(access.getTarget()));
  }

  private static boolean isReactor(AccessTarget target) {
    String name = target.getName();
    boolean waits =
        name.startsWith("block") || name.equals("toIterable") || name.equals("toStream");
    return waits
        && (target.getOwner().isAssignableTo(Mono.class)
            || target.getOwner().isAssignableTo(Flux.class));
  }

  private static boolean is(AccessTarget target, Class<?> owner, String... names) {
    return target.getOwner().isEquivalentTo(owner) && List.of(names).contains(target.getName());
  }
}
