package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.reflection;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.resource;

import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.env.MapPropertySource;
import org.springframework.javapoet.ClassName;

class FleetstopRuntimeHintsTest {

  @ParameterizedTest
  @ValueSource(
      classes = {
        DescribeInstances.Page.class,
        Instance.class,
        Instance.Tag.class,
        OutcomeJson.class
      })
  void recordsOfJsonAreRegistered(Class<?> type) {
    RuntimeHints hints = new RuntimeHints();
    new FleetstopRuntimeHints().registerHints(hints, null);

    assertThat(
            reflection()
                .onType(type)
                .withMemberCategories(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
        .accepts(hints);
    assertThat(reflection().onMethodInvocation(type, type.getRecordComponents()[0].getName()))
        .accepts(hints);
  }

  @Test
  void versionResourceIsRegistered() {
    RuntimeHints hints = new RuntimeHints();
    new FleetstopRuntimeHints().registerHints(hints, null);

    assertThat(resource().forResource("io/fleetstop/transport/version.properties")).accepts(hints);
  }

  @Test
  void propertiesAreRegisteredByAheadOfTimeProcessing() {
    DefaultGenerationContext generation =
        new DefaultGenerationContext(
            new ClassNameGenerator(ClassName.get("app", "App")), new InMemoryGeneratedFiles());
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("test", Map.of("fleetstop.region", "cn-beijing")));
      context.register(FleetstopAutoConfiguration.class, FleetstopWebClientAutoConfiguration.class);
      new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
    }
    for (Class<?> type :
        List.of(
            FleetstopProperties.class,
            FleetstopProperties.Retry.class,
            FleetstopProperties.Pace.class,
            FleetstopProperties.Transport.class,
            FleetstopProperties.Shutdown.class,
            CredentialsProperties.class)) {
      assertThat(reflection().onConstructorInvocation(type.getDeclaredConstructors()[0]))
          .as(type.getName())
          .accepts(generation.getRuntimeHints());
    }
    assertThat(reflection().onType(Instance.class)).accepts(generation.getRuntimeHints());
  }
}
