package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class CliFileCredentialsTest {

  private static final String CONFIG =
      """
      {
        "current": "work",
        "enableColor": true,
        "profiles": {
          "work": {"name": "work", "mode": "ak", "access-key": "AK1", "secret-key": "SK1"},
          "plain": {"access-key": "AK2", "secret-key": "SK2", "session-token": ""},
          "temporary": {
            "mode": "StsToken", "access-key": "AK3", "secret-key": "SK3", "session-token": "T3"
          },
          "login": {"mode": "sso", "sso-session-name": "s"},
          "half": {"mode": "ak", "access-key": "AK4"},
          "tokenless": {"mode": "ststoken", "access-key": "AK5", "secret-key": "SK5"},
          "tagged": {"access-key": "AK7", "secret-key": "SK7", "session-token": "T7"},
          "broken": {"access-key": "AK6", "secret-key": "very secret"}
        }
      }
      """;

  private final Map<String, String> variables = new HashMap<>();

  @TempDir private Path home;

  private Path file;

  @BeforeEach
  void writeFile() throws IOException {
    file = home.resolve(".volcengine/config.json");
    Files.createDirectories(file.getParent());
    Files.writeString(file, CONFIG);
  }

  @Test
  void currentProfile_isTheDefault() {
    expect(null, Credentials.of("AK1", "SK1"));
  }

  @Test
  void profileVariable_precedesTheCurrentProfile() {
    variables.put("VOLCENGINE_PROFILE", "plain");

    expect(null, Credentials.of("AK2", "SK2"));
  }

  @Test
  void profileArgument_precedesTheVariable() {
    variables.put("VOLCENGINE_PROFILE", "plain");

    expect("temporary", Credentials.of("AK3", "SK3", "T3"));
  }

  @Test
  void sessionToken_isReadInEveryMode() {
    expect("tagged", Credentials.of("AK7", "SK7", "T7"));
  }

  @Test
  void noCurrentProfile_usesDefault() throws IOException {
    Files.writeString(
        file, "{\"profiles\": {\"default\": {\"access-key\": \"AK\", \"secret-key\": \"SK\"}}}");

    expect(null, Credentials.of("AK", "SK"));
  }

  @Test
  void fileVariable_replacesThePath() throws IOException {
    Path other = home.resolve("other.json");
    Files.writeString(other, CONFIG);
    Files.delete(file);
    variables.put("VOLCENGINE_CLI_CONFIG_FILE", other.toString());

    expect(null, Credentials.of("AK1", "SK1"));
  }

  @Test
  void invalidProfile_namesTheProblem() {
    expectReason(
        "none",
        "profile \"none\" of "
            + file
            + ": there is no such profile, only broken, half, login, plain, tagged, temporary,"
            + " tokenless, work; give the name of one of them");
    expectReason(
        "login",
        "profile \"login\" of " + file + ": the file has no sso-session \"s\" with a start-url");
    expectReason("half", "profile \"half\" of " + file + ": secret-key is missing");
    expectReason("tokenless", "profile \"tokenless\" of " + file + ": session-token is missing");
    expectReason(
        "broken",
        "profile \"broken\" of "
            + file
            + ": secret-key must be printable ASCII without spaces, but character 5 is a space; set"
            + " it without");
  }

  @Test
  void missingFile_isNamed() throws IOException {
    Files.delete(file);

    expectReason(null, file + ": does not exist");
  }

  @Test
  void unreadableFile_isNamed() throws IOException {
    Files.delete(file);
    Files.createDirectory(file);
    expectReason(null, file + ": cannot be read: it is a directory; name a file in it");

    Files.delete(file);
    Path closed = Files.createFile(file).resolve("config.json");
    variables.put("VOLCENGINE_CLI_CONFIG_FILE", closed.toString());
    expectReason(null, closed + ": cannot be read: Not a directory");
  }

  @Test
  void hugeFile_isRefusedUnread() throws IOException {
    Files.write(file, new byte[SmallFile.MAX_TEXT + 1]);
    expectReason(null, file + ": cannot be read: it has more than 1 MiB; name the right file");
  }

  @Test
  void nameThatIsGivenTwice_isRefused() throws IOException {
    Files.writeString(file, CONFIG.replace("\"SK1\"}", "\"SK1\", \"secret-key\": \"SK0\"}"));
    expectReason(null, file + ": not valid JSON, line 5");
    Files.writeString(file, CONFIG.replace("\"plain\"", "\"work\""));
    expectReason(null, file + ": not valid JSON, line 6");
  }

  @Test
  void invalidJson_isNotQuoted() throws IOException {
    Files.writeString(file, "{\n\"secret-key\": very-secret-key }");

    expectReason(null, file + ": not valid JSON, line 2");
  }

  @Test
  void emptyFile_hasNoProfile() throws IOException {
    Files.writeString(file, "");

    expectReason(null, file + ": has no profile");
  }

  @Test
  void file_isReadOnBoundedElastic() {
    // BlockHound would fail a file that is read on a parallel thread
    StepVerifier.create(
            Mono.defer(() -> provider(null).resolve()).subscribeOn(Schedulers.parallel()))
        .expectNext(Credentials.of("AK1", "SK1"))
        .verifyComplete();
  }

  private CliFileCredentials provider(@Nullable String profile) {
    return new CliFileCredentials(variables::get, home, profile, CredentialServices.official());
  }

  private void expect(@Nullable String profile, Credentials credentials) {
    StepVerifier.create(provider(profile).resolve()).expectNext(credentials).verifyComplete();
  }

  private void expectReason(@Nullable String profile, String reason) {
    StepVerifier.create(provider(profile).resolve())
        .verifyErrorSatisfies(
            error -> {
              assertThat(error).isInstanceOf(EcsException.class).hasNoCause();
              assertThat(((EcsException) error).detail()).isEqualTo(reason);
            });
  }
}
