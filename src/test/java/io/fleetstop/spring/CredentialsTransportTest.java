package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.IdentitySimulator;
import io.fleetstop.simulator.IdentitySimulator.IssuedKey;
import io.fleetstop.transport.ConnectProxy;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application that assumes a role: the requests to STS use the proxy and the certificates of the
 * application's transport.
 */
class CredentialsTransportTest {

  private static final String TOKEN = "oidc-token";

  @TempDir private Path directory;

  @Tag("guarantee:identity")
  @Test
  @Timeout(60)
  void roleIsAssumedThroughTheProxyWithTheBundle() throws Exception {
    X509Bundle certificate =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    IdentitySimulator identities =
        IdentitySimulator.builder()
            .oidcToken(TOKEN)
            .tls(
                certificate.toTempCertChainPem().toPath(),
                certificate.toTempPrivateKeyPem().toPath())
            .startNow();
    EcsSimulatorBuilder accepting = EcsSimulator.builder().instances(BackgroundRun.FLEET);
    // A request to STS may be repeated, on a loaded machine.
    for (int number = 1; number <= 5; number++) {
      IssuedKey role = IdentitySimulator.issued(number);
      accepting.accessKey(role.accessKeyId(), role.secretAccessKey(), role.sessionToken());
    }
    EcsSimulator simulator = accepting.startNow();
    Path trusted = directory.resolve("ca.pem");
    Files.writeString(trusted, certificate.getCertificatePEM());
    try (ConnectProxy proxy = new ConnectProxy()) {
      String sts = "localhost:" + identities.endpoint().getPort();
      Process application = start(simulator, sts, trusted, proxy);
      try (BufferedReader output = application.inputReader()) {
        List<String> lines = output.lines().takeWhile(line -> !isEnd(line)).toList();
        assertThat(lines)
            .hasSize(BackgroundRun.FLEET)
            .allMatch(line -> line.startsWith("ACCEPTED"));
      } finally {
        application.destroyForcibly();
      }
      assertThat(proxy.requests())
          .isNotEmpty()
          .allSatisfy(request -> assertThat(request).startsWith("CONNECT " + sts + " "));
    } finally {
      simulator.dispose();
      identities.dispose();
    }
  }

  private static boolean isEnd(String line) {
    return line.equals(BackgroundRun.END);
  }

  private Process start(EcsSimulator simulator, String sts, Path trusted, ConnectProxy proxy)
      throws Exception {
    ProcessBuilder application =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            BackgroundRun.class.getName(),
            "--spring.main.banner-mode=off",
            "--spring.main.web-application-type=none",
            "--spring.main.keep-alive=true",
            "--logging.level.root=OFF",
            "--spring.ssl.bundle.pem.sts.truststore.certificate=" + trusted.toUri(),
            "--fleetstop.transport.ssl.bundle=sts",
            "--fleetstop.transport.proxy-from-environment=true",
            "--fleetstop.region=cn-beijing",
            "--fleetstop.endpoint=" + simulator.endpoint(),
            "--fleetstop.shutdown.protect-tag=",
            "--fleetstop.shutdown.await-stopped=false",
            "--fleetstop.pace.rate=1000");
    Map<String, String> environment = application.environment();
    environment.keySet().removeIf(name -> name.startsWith("VOLC") || name.endsWith("_PROXY"));
    environment.put("HTTPS_PROXY", "http://127.0.0.1:" + proxy.port());
    environment.put("VOLCENGINE_OIDC_ROLE_TRN", "trn:iam::2100000001:role/stopper");
    environment.put("VOLCENGINE_OIDC_STS_ENDPOINT", "https://" + sts);
    environment.put(
        "VOLCENGINE_OIDC_TOKEN_FILE",
        Files.writeString(directory.resolve("token"), TOKEN).toString());
    application.redirectError(ProcessBuilder.Redirect.INHERIT);
    return Child.start(application, Duration.ofSeconds(50));
  }
}
