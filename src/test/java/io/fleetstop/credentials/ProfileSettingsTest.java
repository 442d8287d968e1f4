package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

class ProfileSettingsTest {

  private final Map<String, String> variables = new HashMap<>();

  @TempDir private Path home;

  private Path file;

  @BeforeEach
  void writeFile() throws IOException {
    file = home.resolve(".volcengine/config.json");
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        """
        {
          "current": "work",
          "profiles": {
            "other": {"region": "cn-guangzhou"},
            "work": {
              "access-key": "AK", "secret-key": "very-secret",
              "region": "cn-shanghai",
              "https-proxy": "http://carol:proxy-secret@proxy:3128",
              "disable-ssl": true
            }
          }
        }
        """);
    variables.put("HOME", home.toString());
  }

  @Test
  void usedProfile_hasItsValuesAndTheirLines() {
    StepVerifier.create(ProfileSettings.inUse(options().build()))
        .assertNext(
            settings -> {
              assertThat(settings.region())
                  .isEqualTo(
                      new ProfileSettings.Value(
                          "cn-shanghai", "region of profile \"work\" of " + file + ", line 7"));
              assertThat(settings.endpoint()).isNull();
              assertThat(settings.httpProxy()).isNull();
              assertThat(settings.disableSsl()).isNotNull();
              assertThat(settings.toString())
                  .contains("line 8")
                  .doesNotContain("proxy-secret")
                  .doesNotContain("very-secret");
            })
        .verifyComplete();
  }

  @Test
  void namedProfile_isRead() {
    StepVerifier.create(
            ProfileSettings.inUse(options().profile("other").build())
                .map(settings -> String.valueOf(settings.region())))
        .expectNext("region of profile \"other\" of " + file + ", line 4")
        .verifyComplete();
  }

  @Test
  void profileThatIsNotUsed_hasNoInfluence() throws IOException {
    variables.put("VOLCSTACK_ACCESS_KEY", "AK");
    Files.writeString(file, "not JSON");

    StepVerifier.create(ProfileSettings.inUse(options().build())).verifyComplete();
  }

  @Test
  void noFile_isNoError() throws IOException {
    Files.delete(file);

    StepVerifier.create(ProfileSettings.inUse(options().build())).verifyComplete();
  }

  @Test
  void brokenFile_isAnError() throws IOException {
    Files.writeString(file, "{");

    StepVerifier.create(ProfileSettings.inUse(options().build()))
        .verifyErrorSatisfies(
            error -> assertThat(((EcsException) error).reason()).contains("not valid JSON"));
  }

  @Test
  void names_areThoseOfTheFileThatTheProfilesAreReadFrom() throws IOException {
    assertThat(ProfileSettings.names(options().build())).containsExactly("other", "work");
    variables.put("VOLCENGINE_CLI_CONFIG_FILE", home.resolve("utf-16.json").toString());
    Files.writeString(
        home.resolve("utf-16.json"), "{\"profiles\":{\"night\":{}}}", StandardCharsets.UTF_16);
    assertThat(ProfileSettings.names(options().build())).containsExactly("night");
    variables.remove("VOLCENGINE_CLI_CONFIG_FILE");
    assertThat(ConfigFile.profiles(name -> "", ConfigFile.home(name -> "", "?"))).isEmpty();
    assertThat(ConfigFile.profiles(name -> "", ConfigFile.home(name -> "", home.toString())))
        .containsExactly("other", "work");
  }

  /** Others may write to the current directory, and would choose the account. */
  @Test
  void homeThatIsNotAbsolute_isNone() {
    assertThat(ConfigFile.home(name -> "home/alice", home.toString())).isEqualTo(home);
    assertThat(ConfigFile.profiles(name -> "", ConfigFile.home(name -> "home/alice", "?")))
        .isEmpty();
    assertThat(ConfigFile.home(name -> "home/alice", "home/bob")).isEqualTo(Path.of(""));
    assertThatThrownBy(
            () -> ConfigFile.read(name -> "HOME".equals(name) ? "h" : "", Path.of(""), null))
        .hasMessageContaining("HOME is not an absolute path, and the user has no home directory");
  }

  private CredentialsOptions.Builder options() {
    return CredentialsOptions.builder().variables(variables::get);
  }
}
