package io.fleetstop.credentials;

import static java.util.regex.Pattern.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetstop.error.EcsException;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Any file or reply gives credentials, or an error without a secret. */
class SourceFuzzTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final AssumeRoleOptions ROLE =
      AssumeRoleOptions.builder("trn:iam::2100000001:role/fuzz").build();

  @FuzzTest(maxDuration = "4s")
  void anyReply_givesCredentialsOrAnError(FuzzedDataProvider data) {
    int status = data.consumeInt(100, 599);
    byte[] body = data.consumeRemainingAsBytes();
    JsonNode given = Json.parse(body).path("Result").path("Credentials");
    try {
      Credentials read =
          StsMessages.read(
              new Response(status, Map.of(), body),
              StsMessages.ASSUME_ROLE,
              ROLE,
              SecretMask.of(null, null),
              NOW);
      assertThat(read.secretAccessKey()).isEqualTo(Json.text(given, "SecretAccessKey"));
      assertThat(read.toString()).doesNotContain(read.secretAccessKey() + ",");
    } catch (EcsException refused) {
      requireSilent(refused.toString(), given);
    }
  }

  @FuzzTest(maxDuration = "4s")
  void anyProfile_givesASourceOrAnError(byte[] file) {
    JsonNode entry = Json.parse(file);
    JsonNode root = Json.MAPPER.createObjectNode().set("profiles", profiles(entry));
    byte[] text = Json.MAPPER.writeValueAsBytes(root);
    try {
      ConfigFile config = ConfigFile.select("a file", text, "work");
      assertThat(config.lineOf("access-key")).isBetween(0, 1);
      assertThat(
              CliProfile.of(config)
                  .provider(name -> null, CredentialServices.official(), new LoginMemory()))
          .isNotNull();
    } catch (EcsException refused) {
      requireSilent(refused.toString(), entry);
    }
    try {
      assertThat(Json.credentials(entry, NOW, Duration.ofHours(1))).isNotNull();
    } catch (IllegalArgumentException refused) {
      requireSilent(String.valueOf(refused.getMessage()), entry);
    }
  }

  private static JsonNode profiles(JsonNode entry) {
    return Json.MAPPER.createObjectNode().set("work", entry);
  }

  private static void requireSilent(String message, JsonNode given) {
    for (String key : new String[] {"SecretAccessKey", "SessionToken", "secret-key"}) {
      String secret = Json.text(given, key);
      // A short value may occur in any sentence, and a value that occurs elsewhere in the input is
      // not secret.
      boolean secretValue =
          secret.length() > 12 && given.toString().split(quote(secret)).length == 2;
      assertThat(secretValue && message.contains(secret)).isFalse();
    }
    assertThat(message.chars()).noneMatch(Character::isISOControl);
  }
}
