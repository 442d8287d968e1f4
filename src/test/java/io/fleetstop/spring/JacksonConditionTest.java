package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.junit.CapturedStderr;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class JacksonConditionTest {

  private static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class,
                FleetstopMicrometerAutoConfiguration.class,
                FleetstopWebClientAutoConfiguration.class))
        .withPropertyValues("fleetstop.region=cn-beijing");
  }

  /** Loads Jackson itself, and has the annotations of before 2.21, like Spring Boot 3.5. */
  private static final class OldAnnotations extends ClassLoader {

    OldAnnotations() {
      super(JacksonConditionTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("tools.jackson.") && !name.startsWith("com.fasterxml.jackson.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null || name.endsWith(".annotation.JsonSerializeAs")) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  @Test
  void annotationsTooOld_backsOffWithOneLine() {
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withClassLoader(new OldAnnotations())
                    .run(
                        context ->
                            assertThat(context)
                                .hasNotFailed()
                                .doesNotHaveBean(EcsClient.class)
                                .doesNotHaveBean(CredentialsProvider.class)
                                .doesNotHaveBean(RetryFilter.class)));

    assertThat(log.lines().filter(line -> line.contains("fleetstop is not configured")))
        .singleElement()
        .asString()
        .contains("JsonSerializeAs")
        .contains("declare com.fasterxml.jackson.core:jackson-annotations 2.21");
  }

  @Test
  void jacksonInitialises_configuresWithoutWarning() {
    String log =
        CapturedStderr.during(
            () -> runner().run(context -> assertThat(context).hasSingleBean(EcsClient.class)));

    assertThat(log).doesNotContain("fleetstop is not configured");
  }
}
