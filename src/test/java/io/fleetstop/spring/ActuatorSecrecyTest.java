package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.transport.ProxyOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.env.EnvironmentEndpoint;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.actuate.info.InfoEndpoint;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import tools.jackson.databind.json.JsonMapper;

/** What the endpoints of the actuator show of a running application that has every secret. */
@Tag("guarantee:secrecy")
class ActuatorSecrecyTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final String KEY = "AKLTofthefirstaccount";
  private static final String SECRET = "s3cretOfTheFirstAccount";
  private static final String TOKEN = "t0kenOfTheFirstAccount";
  private static final String OTHER_SECRET = "s3cretOfAnotherAccount";
  private static final String PROXY_PASSWORD = "pa55wordOfTheProxy";
  private static final String REDIS_PASSWORD = "pa55wordOfRedis";
  private static final String[] SECRETS = {
    SECRET, TOKEN, OTHER_SECRET, PROXY_PASSWORD, REDIS_PASSWORD
  };

  private static EcsSimulator simulator = EcsSimulator.builder().instances(1).startNow();
  private static ConfigurableApplicationContext context = new GenericApplicationContext();

  @Configuration(proxyBeanMethods = false)
  @ImportAutoConfiguration({
    FleetstopAutoConfiguration.class,
    FleetstopRedisAutoConfiguration.class,
    FleetstopActuatorAutoConfiguration.class,
    FleetstopMicrometerAutoConfiguration.class
  })
  static class Application {

    @Bean
    MeterRegistry meterRegistry() {
      return new SimpleMeterRegistry();
    }

    @Bean
    ObservationRegistry observationRegistry() {
      return ObservationRegistry.create();
    }

    @Bean
    TransportOptionsCustomizer proxy() {
      return transport ->
          transport.proxy(
              ProxyOptions.builder("proxy.example", 3128)
                  .credentials("alice", PROXY_PASSWORD)
                  .nonProxyHosts(List.of("127.0.0.1"))
                  .build());
    }
  }

  @BeforeAll
  static void startAndCall() {
    StandardEnvironment environment = new StandardEnvironment();
    Map<String, Object> properties =
        Map.ofEntries(
            Map.entry("fleetstop.region", "cn-beijing"),
            Map.entry("fleetstop.endpoint", simulator.endpoint()),
            Map.entry("fleetstop.credentials.access-key-id", KEY),
            Map.entry("fleetstop.credentials.secret-access-key", SECRET),
            Map.entry("fleetstop.credentials.session-token", TOKEN),
            Map.entry("fleetstop.redis.url", "redis://:" + REDIS_PASSWORD + "@127.0.0.1:1"),
            Map.entry("fleetstop.redis.password", REDIS_PASSWORD),
            Map.entry("fleetstop.clients.other.credentials.access-key-id", "AKLToftheotheraccount"),
            Map.entry("fleetstop.clients.other.credentials.secret-access-key", OTHER_SECRET));
    environment.getPropertySources().addFirst(new MapPropertySource("application", properties));
    context =
        new SpringApplicationBuilder(Application.class)
            .environment(environment)
            .web(WebApplicationType.NONE)
            .run();
    // The simulator does not know the key: the reply rejects the credentials.
    context
        .getBean(EcsClient.class)
        .stopInstance(StopInstance.of(simulator.ids().get(0)))
        .onErrorComplete()
        .block(PATIENCE);
  }

  @AfterAll
  static void close() {
    context.close();
    simulator.disposeLater().block(PATIENCE);
  }

  private static void assertNoSecret(Object shown) {
    assertThat(JSON.writeValueAsString(shown)).contains("leetstop").doesNotContain(SECRETS);
  }

  @Test
  void environmentByDefault_showsNoSecret() {
    assertNoSecret(
        new EnvironmentEndpoint(context.getEnvironment(), List.of(), Show.NEVER).environment(null));
  }

  @Test
  void environmentWithAllValues_showsNoSecret() {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .addFirst(
            Objects.requireNonNull(
                context.getEnvironment().getPropertySources().get("application")));
    environment
        .getPropertySources()
        .addFirst(
            new SystemEnvironmentPropertySource(
                "variables",
                Map.of(
                    "VOLCENGINE_SECRET_KEY",
                    SECRET,
                    "VOLCSTACK_SECRET_ACCESS_KEY",
                    SECRET,
                    "VOLCSTACK_SECRET_KEY",
                    SECRET,
                    "VOLCSTACK_SESSION_TOKEN",
                    TOKEN,
                    "HTTPS_PROXY",
                    "http://alice:" + PROXY_PASSWORD + "@proxy.example:3128",
                    "FLEETSTOP_CREDENTIALS_SECRETACCESSKEY",
                    SECRET,
                    "FLEETSTOP_CLIENTS_OTHER_CREDENTIALS_SESSION_TOKEN",
                    TOKEN)));
    Object shown =
        new EnvironmentEndpoint(
                environment,
                context.getBeanProvider(SanitizingFunction.class).orderedStream().toList(),
                Show.ALWAYS)
            .environment(null);
    assertNoSecret(shown);
    assertThat(JSON.writeValueAsString(shown)).contains("cn-beijing").doesNotContain(KEY);
  }

  /** Several properties in one value, and what is set in the wrong place. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SPRING_APPLICATION_JSON | {\"fleetstop\":{\"credentials\":{\"secret-access-key\":\"%s\"}}}",
        "spring.application.json | {\"fleetstop.credentials.secretAccessKey\" : \"%s\"}",
        "VCAP | {\\\"secret_access_key\\\":\\\"%s\\\"}",
        "JAVA_TOOL_OPTIONS | -Xmx1g -Dfleetstop.credentials.secret-access-key=%s",
        "JDK_JAVA_OPTIONS | -Djava.net.socks.password=%s",
        "sun.java.command | app.jar --fleetstop.credentials.session-token=%s",
        "java.net.socks.password | %s",
        "fleetstop.credentials | AKLTx:%s",
        "fleetstop.clients.other.credentials | %s",
        "fleetstop.endpoint | https://alice:%s@ecs.example",
        "FLEETSTOP_REDIS_URL | rediss://:%s@redis.example",
        "VOLCENGINE_ENDPOINT | https://alice:%s@ecs.example",
        "volcengine.endpoint | alice:%s@ecs.example",
        "https.proxyPassword | %s",
        "http.proxyPassword | %s",
        "_JAVA_OPTIONS | -Dhttps.proxyPassword=%s",
        "JAVA_TOOL_OPTIONS | -Dx=y -Dhttp.proxyPassword=%s",
        "sun.java.command | app.jar --fleetstop.redis.password=%s",
        "sun.java.command | app.jar --fleetstop.endpoint=https://alice:%s@ecs.example",
        "sun.java.command | app.jar --fleetstop.redis.url=redis://:%s@redis.example",
        "SPRING_APPLICATION_JSON | {\"fleetstop\":{\"redis\":{\"password\":\"%s\"}}}",
        "SPRING_APPLICATION_JSON | {\"fleetstop\":{\"endpoint\":\"https://alice:%s@ecs.example\"}}",
        "spring.r2dbc.url | r2dbc:x://alice:%s@db.example/x",
      })
  void valueWithASecretInIt_isHidden(String name, String value) {
    assertNoSecret(shownOf(Map.of(name, value.formatted(SECRET))));
  }

  private static Object shownOf(Map<String, Object> properties) {
    StandardEnvironment environment = new StandardEnvironment();
    environment.getPropertySources().addFirst(new MapPropertySource("fleetstop", properties));
    return new EnvironmentEndpoint(
            environment, List.of(new CredentialsSanitizer(environment)), Show.ALWAYS)
        .environment(null);
  }

  /** A secret of one property in the value of another one, whose name does not show it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fleetstop.credentials.secret-access-key | ${other} | %s",
        "fleetstop.credentials.secret-access-key | %s | a, %s, b",
        "fleetstop.clients.x.credentials.session-token | ${other} | %s",
        "VOLCENGINE_SECRET_KEY | %s | -Dx=%s",
        "fleetstop.redis.password | %s | -Dx=%s",
        "fleetstop.redis.url | redis://:%s@a.example,redis://:%s@b.example | <%s>",
        "fleetstop.endpoint | alice:%s@ecs.example | app.jar --fleetstop.endpoint=alice:%s@x",
        "HTTPS_PROXY | http://alice:%s@proxy.example:1 | <%s>",
        "fleetstop.credentials | AKLTx:%s | <%s>",
      })
  void secretInAnotherValue_isHidden(String name, String value, String other) {
    for (String secret : List.of(SECRET, "pa55/+w")) {
      Object shown =
          shownOf(Map.of(name, value.replace("%s", secret), "other", other.formatted(secret)));

      assertThat(JSON.writeValueAsString(shown)).doesNotContain(secret);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "s3cret/Of+The=FirstAccount, s3cret%2FOf%2BThe%3DFirstAccount",
    "s3cret/Of+The=FirstAccount, s3cret\\/Of+The\\u003dFirstAccount",
    "s3cret/Of+The=FirstAccount, Of+The=FirstAcc"
  })
  void encodedOrCutSecret_isHidden(String secret, String other) {
    Object shown = shownOf(Map.of("VOLCENGINE_SECRET_KEY", secret, "other", other));

    assertThat(JSON.writeValueAsString(shown)).doesNotContain("Account", "FirstAcc");
  }

  @Test
  void otherValues_areShown() {
    String contact = "alice@example.com, a short password, the default";
    Object shown =
        shownOf(
            Map.of(
                "sun.java.command",
                "app.jar --fleetstop.endpoint=https://alice:pa55@ecs.example:1 --server.port=8080",
                "fleetstop.endpoint",
                "https://alice:pa55@ecs.example:1",
                "fleetstop.redis.password",
                "short",
                "fleetstop.credentials",
                "default",
                "contact",
                contact));

    assertThat(JSON.writeValueAsString(shown))
        .contains(
            "app.jar --fleetstop.endpoint=https://***@ecs.example:1 --server.port=8080",
            "\"https://***@ecs.example:1\"",
            contact,
            System.getProperty("java.vm.name"));
  }

  @Test
  void configurationPropertiesWithAllValues_showNoSecret() {
    ConfigurationPropertiesReportEndpoint endpoint =
        new ConfigurationPropertiesReportEndpoint(
            context.getBeanProvider(SanitizingFunction.class).orderedStream().toList(),
            Show.ALWAYS);
    endpoint.setApplicationContext(context);
    assertNoSecret(endpoint.configurationProperties());
  }

  @Test
  void configurationPropertiesByDefault_showNoSecret() {
    ConfigurationPropertiesReportEndpoint endpoint =
        new ConfigurationPropertiesReportEndpoint(List.of(), Show.NEVER);
    endpoint.setApplicationContext(context);
    assertNoSecret(endpoint.configurationProperties());
  }

  @Test
  void infoHealthAndMeters_showNoSecret() {
    assertNoSecret(
        new InfoEndpoint(List.copyOf(context.getBeansOfType(InfoContributor.class).values()))
            .info());
    context
        .getBeansOfType(ReactiveHealthIndicator.class)
        .forEach(
            (name, indicator) ->
                assertNoSecret(
                    name
                        + JSON.writeValueAsString(
                            Objects.requireNonNull(indicator.health().block(PATIENCE)))));
    MeterRegistry registry = context.getBean(MeterRegistry.class);
    context.getBeansOfType(MeterBinder.class).values().forEach(binder -> binder.bindTo(registry));
    assertNoSecret(registry.getMeters().stream().map(meter -> meter.getId().toString()).toList());
  }

  @Test
  void beansAsText_showNoSecret() {
    for (String name : context.getBeanDefinitionNames()) {
      assertThat(context.getBean(name).toString()).doesNotContain(SECRETS);
    }
  }
}
