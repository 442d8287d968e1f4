package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.junit.CapturedStderr;
import io.fleetstop.model.StopInstance;
import io.fleetstop.transport.TransportOptions;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

/** What the start of an application checks and uses: credentials and certificates. */
class StartChecksTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(SslAutoConfiguration.class, FleetstopAutoConfiguration.class))
        .withPropertyValues("fleetstop.region=cn-beijing");
  }

  @Test
  void noCredentials_oneWarningNamesTheSources() {
    CredentialsProvider none =
        CredentialsProvider.chain(
            () -> Mono.error(CredentialsProvider.notConfigured("VOLCENGINE_ACCESS_KEY is unset")),
            () -> Mono.error(CredentialsProvider.notConfigured("config.json does not exist")));
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withBean(CredentialsProvider.class, () -> none)
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log.lines().filter(line -> line.contains("WARN io.fleetstop")))
        .singleElement()
        .asString()
        .contains(
            "No credentials were found",
            "Sources: VOLCENGINE_ACCESS_KEY is unset; config.json does not exist.",
            "Set fleetstop.credentials.*");
  }

  @Test
  void blankCredentials_areNamedInAWarning() {
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withPropertyValues(
                        "fleetstop.credentials.access-key-id=",
                        "fleetstop.credentials.secret-access-key= ")
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log)
        .contains(
            "Blank properties below fleetstop.credentials are ignored, and the credentials of the"
                + " default chain are used: access-key-id, secret-access-key.");
  }

  @Test
  void brokenLastSource_warningNamesTheSkippedOnes() {
    CredentialsProvider broken =
        CredentialsProvider.chain(
            () -> Mono.error(CredentialsProvider.notConfigured("VOLCENGINE_ACCESS_KEY is unset")),
            () -> Mono.error(new IllegalStateException("a secret")));
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withBean(CredentialsProvider.class, () -> broken)
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log)
        .contains(
            "Sources: a source of the chain failed: IllegalStateException; skipped before it:"
                + " VOLCENGINE_ACCESS_KEY is unset.")
        .doesNotContain("a secret");
  }

  @Test
  void errorOfAnotherSource_isNamedByItsTypeAlone() {
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withBean(
                        CredentialsProvider.class,
                        () -> () -> Mono.error(new IllegalStateException("a secret")))
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log).contains("Sources: IllegalStateException").doesNotContain("a secret");
  }

  @Test
  void credentialsFound_noWarning() {
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withPropertyValues(
                        "fleetstop.credentials.access-key-id=AKLTx",
                        "fleetstop.credentials.secret-access-key=secret")
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log).doesNotContain("WARN io.fleetstop.");
  }

  @Test
  void metadataDisabled_isNotAsked() {
    CredentialsProperties disabled =
        new CredentialsProperties(
            null, null, null, null, new CredentialsProperties.Metadata(false, PATIENCE));
    StepVerifier.create(disabled.provider(TransportOptions::defaults).resolve())
        .expectErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("disabled by an option"))
        .verify(Duration.ofSeconds(3));
  }

  @Test
  void sslBundle_trustsItsCertificates(@TempDir Path directory) throws Exception {
    X509Bundle certificate =
        new CertificateBuilder()
            .subject("CN=127.0.0.1")
            .addSanIpAddress("127.0.0.1")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path pem = Files.writeString(directory.resolve("ca.pem"), certificate.getCertificatePEM());
    SslContext tls = SslContextBuilder.forServer(certificate.toKeyManagerFactory()).build();
    DisposableServer server =
        HttpServer.create()
            .host("127.0.0.1")
            .secure(ssl -> ssl.sslContext(tls))
            .handle(
                (request, response) ->
                    response
                        .header("Content-Type", "application/json")
                        .sendString(
                            Mono.just(
                                "{\"ResponseMetadata\":{\"RequestId\":\"r-1\"},\"Result\":{}}")))
            .bindNow();
    try {
      ApplicationContextRunner secure =
          runner()
              .withBean(
                  CredentialsProvider.class,
                  () -> CredentialsProvider.fixed(Credentials.of("AKLTx", "secret")))
              .withPropertyValues("fleetstop.endpoint=https://127.0.0.1:" + server.port());
      secure
          .withPropertyValues(
              "spring.ssl.bundle.pem.ecs.truststore.certificate=file:" + pem,
              "fleetstop.transport.ssl.bundle=ecs")
          .run(
              context ->
                  StepVerifier.create(
                          context.getBean(EcsClient.class).stopInstance(StopInstance.of("i-1")))
                      .assertNext(result -> assertThat(result.requestId()).isEqualTo("r-1"))
                      .expectComplete()
                      .verify(PATIENCE));
      secure.run(
          context ->
              StepVerifier.create(
                      context.getBean(EcsClient.class).stopInstance(StopInstance.of("i-1")))
                  .expectErrorSatisfies(
                      error -> assertThat(error).hasMessageContaining("UntrustedServer"))
                  .verify(PATIENCE));
    } finally {
      server.disposeNow();
    }
  }

  @Test
  void providerThatThrows_startsWithOneWarning() {
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withBean(
                        CredentialsProvider.class,
                        () ->
                            () -> {
                              throw new IllegalStateException("a secret");
                            })
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log).contains("Sources: IllegalStateException").doesNotContain("a secret");
  }

  @Test
  void emptyProvider_oneWarning() {
    String log =
        CapturedStderr.during(
            () ->
                runner()
                    .withBean(CredentialsProvider.class, () -> Mono::empty)
                    .run(context -> assertThat(context).hasNotFailed()));

    assertThat(log).contains("Sources: the provider completed without credentials");
  }
}
