package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.TransportOptions;
import io.fleetstop.transport.TransportOptions.Protocol;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.env.EnvironmentEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.mock.env.MockEnvironment;
import tools.jackson.databind.json.JsonMapper;

class FleetstopPropertiesTest {

  private static final String SECRET = "verysecretindeed";

  private static FleetstopProperties bind(String... pairs) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return new Binder(new MapConfigurationPropertySource(map))
        .bindOrCreate("fleetstop", FleetstopProperties.class);
  }

  @Test
  void defaultsMatchTheLibraryDefaults() {
    FleetstopProperties properties = bind();

    assertThat(properties.retry().policy())
        .usingRecursiveComparison()
        .isEqualTo(RetryPolicy.defaults());
    assertThat(properties.transport().options())
        .usingRecursiveComparison()
        .isEqualTo(TransportOptions.defaults());
    assertThat(properties.shutdown().options())
        .usingRecursiveComparison()
        .isEqualTo(ShutdownOptions.defaults());
    assertThat(properties.endpoint()).isNull();
    assertThat(properties.endpointFor("cn-beijing"))
        .isEqualTo(URI.create("https://open.volcengineapi.com"));
    assertThat(properties.endpointFor("ap-southeast-3"))
        .isEqualTo(URI.create("https://ecs.ap-southeast-3.volcengineapi.com"));
    assertThat(properties.maxInFlight()).isEqualTo(64);
    assertThat(properties.maxOpenInstances()).isEqualTo(100_000);
    assertThat(properties.region()).isNull();
  }

  @Test
  void retryPropertiesReachThePolicy() {
    RetryPolicy policy =
        bind(
                "fleetstop.retry.max-attempts", "7",
                "fleetstop.retry.deadline", "3m",
                "fleetstop.retry.attempt-timeout", "1500ms")
            .retry()
            .policy();

    assertThat(policy.maxAttempts()).isEqualTo(7);
    assertThat(policy.deadline()).isEqualTo(Duration.ofMinutes(3));
    assertThat(policy.attemptTimeout()).isEqualTo(Duration.ofMillis(1500));
  }

  @Test
  void transportPropertiesReachTheOptions() {
    TransportOptions options =
        bind(
                "fleetstop.transport.protocol", "http-2",
                "fleetstop.transport.connect-timeout", "1s",
                "fleetstop.transport.tls-handshake-timeout", "2s",
                "fleetstop.transport.response-timeout", "3s",
                "fleetstop.transport.pool-acquire-timeout", "4s",
                "fleetstop.transport.max-idle-time", "6s",
                "fleetstop.transport.max-body-size", "2MB",
                "fleetstop.transport.max-header-size", "8KB",
                "fleetstop.transport.application-name", "nightly/1.2")
            .transport()
            .options();

    assertThat(options.protocol()).isEqualTo(Protocol.HTTP_2);
    assertThat(options.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(options.tlsHandshakeTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(options.responseTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(options.poolAcquireTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(options.maxIdleTime()).isEqualTo(Duration.ofSeconds(6));
    assertThat(options.maxBodyBytes()).isEqualTo(2 * 1024 * 1024);
    assertThat(options.maxHeaderBytes()).isEqualTo(8 * 1024);
    assertThat(options.applicationName()).isEqualTo("nightly/1.2");
  }

  @Test
  void shutdownPropertiesReachTheOptions() {
    ShutdownOptions options =
        bind(
                "fleetstop.shutdown.force-stop", "true",
                "fleetstop.shutdown.stopped-mode", "stop-charging",
                "fleetstop.shutdown.dry-run", "true",
                "fleetstop.shutdown.await-stopped", "false",
                "fleetstop.shutdown.stop-timeout", "1m",
                "fleetstop.shutdown.poll-interval", "5s",
                "fleetstop.shutdown.busy-timeout", "30s",
                "fleetstop.shutdown.max-in-flight", "5",
                "fleetstop.shutdown.batch-size", "40",
                "fleetstop.shutdown.max-open", "50",
                "fleetstop.shutdown.max-failures", "3")
            .shutdown()
            .options();

    assertThat(options.isForceStop()).isTrue();
    assertThat(options.stoppedMode()).isEqualTo(StoppedMode.STOP_CHARGING);
    assertThat(options.isDryRun()).isTrue();
    assertThat(options.isAwaitingStopped()).isFalse();
    assertThat(options.awaitOptions().timeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(options.awaitOptions().pollInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(options.busyTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(options.maxInFlight()).isEqualTo(5);
    assertThat(options.batchSize()).isEqualTo(40);
    assertThat(options.maxOpen()).isEqualTo(50);
    assertThat(options.failureLimit()).isEqualTo(FailureLimit.count(3));
  }

  @Test
  void pollIntervalAboveTheDefaultMaximum_isAccepted() {
    ShutdownOptions options = bind("fleetstop.shutdown.poll-interval", "1m").shutdown().options();

    assertThat(options.awaitOptions().pollInterval()).isEqualTo(Duration.ofMinutes(1));
    assertThat(options.awaitOptions().maxPollInterval()).isEqualTo(Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fleetstop.region | Beijing | fleetstop: region must be lower-case | "Beijing"
          fleetstop.endpoint | ftp://somewhere | fleetstop: endpoint must be http(s) | ftp://somewhere
          fleetstop.max-in-flight | 0 | fleetstop: max-in-flight must be at least 1 | was 0
          fleetstop.max-open-instances | 0 | fleetstop: max-open-instances must be at least 1 | was 0
          fleetstop.close-timeout | -1s | fleetstop: close-timeout must be 0 to 365 days | -1s
          fleetstop.retry.max-attempts | 0 | fleetstop.retry: max-attempts must be at least 1 | was 0
          fleetstop.retry.budget | 0 | fleetstop.retry: budget must be 1 to | was 0
          fleetstop.retry.deadline | 0s | fleetstop.retry: deadline must be 1 ms to | 0s
          fleetstop.pace.rate | 0 | fleetstop.pace: rate must be | 0
          fleetstop.pace.max-rate | -1 | fleetstop.pace: max-rate must be | -1
          fleetstop.transport.connect-timeout | 0s | fleetstop.transport: connect-timeout must be | 0s
          fleetstop.transport.max-body-size | 0B | fleetstop.transport: max-body-size must be | 0B
          fleetstop.shutdown.batch-size | 101 | fleetstop.shutdown: batch-size must be 1 to 100 | was 101
          fleetstop.shutdown.max-open | 0 | fleetstop.shutdown: max-open must be at least 1 | was 0
          fleetstop.shutdown.max-failures | some | fleetstop.shutdown: max-failures must be | "some"
          fleetstop.shutdown.max-failures | 101% | fleetstop.shutdown: max-failures must be | "101%"
          fleetstop.shutdown.protect-tag | true | fleetstop.shutdown: protect-tag must be the key | "true"
          fleetstop.shutdown.protect-tag | False | fleetstop.shutdown: protect-tag must be the key | "False"
          fleetstop.credentials.access-key-id | AKLTx | fleetstop.credentials: access-key-id without | secret-access-key
          fleetstop.credentials.session-token | t | fleetstop.credentials: session-token without | access-key-id
          """)
  void invalidValue_messageNamesPropertyRuleAndValue(
      String property, String value, String rule, String shown) {
    assertThat(rootMessage(property, value)).contains(rule).contains(shown);
  }

  @Test
  void blankValuesAreUnset() {
    FleetstopProperties properties =
        bind(
            "fleetstop.region", " ",
            "fleetstop.endpoint", "",
            "fleetstop.account", " ",
            "fleetstop.pace.rate", "",
            "fleetstop.credentials.access-key-id", "",
            "fleetstop.credentials.secret-access-key", " ",
            "fleetstop.credentials.profile", "");

    assertThat(properties.region()).isNull();
    assertThat(properties.endpoint()).isNull();
    assertThat(properties.account()).isEqualTo("default");
    assertThat(properties.pace().rate()).isNull();
    assertThat(properties.credentials().describe()).isEqualTo("default chain");
  }

  @Test
  void credentialsDescription_showsAtMostFourCharactersOfTheKey() {
    assertThat(
            bind(
                    "fleetstop.credentials.access-key-id",
                    "AKLTofproperties0000",
                    "fleetstop.credentials.secret-access-key",
                    SECRET)
                .credentials()
                .describe())
        .isEqualTo("access key AKLT***");
    assertThat(bind("fleetstop.credentials.profile", "ops").credentials().describe())
        .isEqualTo("profile ops");
  }

  private static String rootMessage(String... pairs) {
    try {
      bind(pairs);
    } catch (BindException e) {
      Throwable cause = Objects.requireNonNull(e.getCause());
      while (!(cause instanceof IllegalArgumentException)) {
        cause = Objects.requireNonNull(cause.getCause());
      }
      return String.valueOf(cause.getMessage());
    }
    throw new AssertionError("binding did not fail");
  }

  @Test
  @Tag("guarantee:secrecy")
  void toStringAndConfigpropsShowNoSecret() {
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.credentials.access-key-id=AKLTofproperties0000",
            "fleetstop.credentials.secret-access-key=" + SECRET,
            "fleetstop.credentials.session-token=" + SECRET)
        .run(
            context -> {
              assertThat(context.getBean(FleetstopProperties.class).toString())
                  .doesNotContain(SECRET);
              ConfigurationPropertiesReportEndpoint report =
                  new ConfigurationPropertiesReportEndpoint(Set.of(), Show.ALWAYS);
              report.setApplicationContext(context);
              String shown =
                  JsonMapper.builder().build().writeValueAsString(report.configurationProperties());
              assertThat(shown).contains("cn-beijing").doesNotContain(SECRET);
            });
  }

  @Test
  void secretPropertyNamesAreSanitized() {
    SanitizingFunction sanitizer = SanitizingFunction.sanitizeValue().ifLikelyCredential();
    for (String name : Set.of("access-key-id", "secret-access-key", "session-token")) {
      SanitizableData data =
          sanitizer.applyUnlessFiltered(
              new SanitizableData(null, "fleetstop.credentials." + name, SECRET));
      assertThat(data.getValue()).isEqualTo(SanitizableData.SANITIZED_VALUE);
    }
    MockEnvironment environment =
        new MockEnvironment().withProperty("fleetstop.credentials.secret-access-key", SECRET);
    String shown =
        JsonMapper.builder()
            .build()
            .writeValueAsString(
                new EnvironmentEndpoint(environment, Set.of(sanitizer), Show.ALWAYS)
                    .environment(null));
    assertThat(shown).contains("secret-access-key").doesNotContain(SECRET);
  }

  @Test
  void environmentEndpointShowsNoSecretByDefault() {
    MockEnvironment environment =
        new MockEnvironment()
            .withProperty("fleetstop.credentials.access-key-id", "AKLTofproperties0000")
            .withProperty("fleetstop.credentials.secret-access-key", SECRET)
            .withProperty("FLEETSTOP_CREDENTIALS_SESSIONTOKEN", SECRET);
    // Spring Boot's default for management.endpoint.env.show-values.
    EnvironmentEndpoint endpoint = new EnvironmentEndpoint(environment, Set.of(), Show.NEVER);

    assertThat(JsonMapper.builder().build().writeValueAsString(endpoint.environment(null)))
        .contains("secret-access-key", "SESSIONTOKEN")
        .doesNotContain(SECRET, "AKLTofproperties");
  }

  @Test
  void invalidKeyIsNotInTheMessage() {
    assertThat(
            rootMessage(
                "fleetstop.credentials.access-key-id",
                "AKLTofproperties0000",
                "fleetstop.credentials.secret-access-key",
                SECRET + " "))
        .contains("secret-access-key must be printable")
        .doesNotContain(SECRET);
  }

  @Test
  void providerFollowsTheCredentialsProperties() {
    assertThat(bind().credentials().provider(TransportOptions::defaults).getClass().getSimpleName())
        .isEqualTo("CredentialsChain");
    assertThat(
            bind("fleetstop.credentials.profile", "ops")
                .credentials()
                .provider(TransportOptions::defaults)
                .getClass()
                .getSimpleName())
        .isEqualTo("RefreshingCredentials");
    assertThat(
            bind(
                    "fleetstop.credentials.access-key-id", "AKLTx",
                    "fleetstop.credentials.secret-access-key", SECRET,
                    "fleetstop.credentials.session-token", "token")
                .credentials()
                .provider(TransportOptions::defaults)
                .resolve()
                .block())
        .isEqualTo(Credentials.of("AKLTx", SECRET, "token"));
  }

  @Test
  void blankNumbersAndSwitches_areUnset() {
    FleetstopProperties blank =
        bind(
            "fleetstop.max-in-flight", "",
            "fleetstop.close-timeout", "",
            "fleetstop.retry.max-attempts", "",
            "fleetstop.pace.burst", "",
            "fleetstop.pace.max-rate", "",
            "fleetstop.pace.max-describe-rate", "",
            "fleetstop.transport.proxy-from-environment", "",
            "fleetstop.shutdown.dry-run", "",
            "fleetstop.shutdown.await-stopped", "",
            "fleetstop.shutdown.batch-size", "",
            "fleetstop.shutdown.max-open", "",
            "fleetstop.shutdown.max-failures", "",
            "fleetstop.health.resolve-credentials", "",
            "fleetstop.credentials.metadata.enabled", "");

    FleetstopProperties defaults = bind();
    assertThat(blank.maxInFlight()).isEqualTo(64);
    assertThat(blank.closeTimeout()).isEqualTo(defaults.closeTimeout());
    assertThat(blank.retry()).isEqualTo(defaults.retry());
    assertThat(blank.pace()).isEqualTo(defaults.pace());
    assertThat(blank.transport()).isEqualTo(defaults.transport());
    assertThat(blank.shutdown().options())
        .usingRecursiveComparison()
        .isEqualTo(ShutdownOptions.defaults());
    assertThat(blank.health()).isEqualTo(defaults.health());
    assertThat(blank.credentials().metadata()).isEqualTo(defaults.credentials().metadata());
  }
}
