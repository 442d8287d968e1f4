package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsException;
import io.fleetstop.transport.HttpExchange.Response;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A reply of STS to another action gives no credentials and no identity. */
@Tag("guarantee:own-reply")
class StsMessagesTest {

  private static final Instant NOW = Instant.parse("2026-11-29T10:00:00Z");
  private static final AssumeRoleOptions ROLE =
      AssumeRoleOptions.builder("trn:iam::2100000001:role/stopper").build();
  private static final SecretMask NO_SECRET = SecretMask.of(null, null);

  private static Response reply(int status, String action, String rest) {
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Action\":\"" + action + "\"" + rest + "}";
    return new Response(status, Map.of(), body.getBytes(StandardCharsets.UTF_8));
  }

  private static Response credentials(String action) {
    return reply(
        200,
        action,
        "},\"Result\":{\"Credentials\":{\"AccessKeyId\":\"AKTP1\",\"SecretAccessKey\":\"s\","
            + "\"SessionToken\":\"t\",\"ExpiredTime\":\"2026-11-29T11:00:00Z\"}}");
  }

  private static void isRefused(ThrowingCallable reading, String action) {
    assertThatThrownBy(reading)
        .isInstanceOfSatisfying(
            EcsException.class,
            e ->
                assertThat(e.reason())
                    .contains("the reply is that to another action than " + action));
  }

  @ParameterizedTest
  @CsvSource({
    "AssumeRole, AssumeRoleWithOIDC",
    "AssumeRoleWithOIDC, AssumeRole",
    "AssumeRole, GetCallerIdentity"
  })
  void credentialsOfAnotherAction_areRefused(String asked, String answered) {
    isRefused(() -> StsMessages.read(credentials(answered), asked, ROLE, NO_SECRET, NOW), asked);
    Response error = reply(403, answered, ",\"Error\":{\"Code\":\"AccessDenied\"}}");
    isRefused(() -> StsMessages.read(error, asked, ROLE, NO_SECRET, NOW), asked);
  }

  @ParameterizedTest
  @CsvSource({"AssumeRole, AssumeRole", "AssumeRole, ''"})
  void credentialsOfTheAction_areRead(String asked, String answered) {
    assertThat(StsMessages.read(credentials(answered), asked, ROLE, NO_SECRET, NOW).accessKeyId())
        .isEqualTo("AKTP1");
  }

  @Test
  void identityOfAnyLength_isCut() {
    String endless = "1".repeat(60_000);
    Response reply =
        reply(
            200,
            "GetCallerIdentity",
            "},\"Result\":{\"AccountId\":\"%s\",\"IdentityType\":\"%s\",\"Trn\":\"%s\"}"
                .formatted(endless, endless, endless));

    assertThat(StsMessages.readIdentity(reply, NOW, NO_SECRET).describe())
        .hasSizeLessThan(800)
        .endsWith("111\u2026");
  }

  @Test
  void identityOfAnotherAction_isRefused() {
    Response reply = reply(200, "AssumeRole", "},\"Result\":{\"AccountId\":\"1\",\"Trn\":\"t\"}");

    isRefused(() -> StsMessages.readIdentity(reply, NOW, NO_SECRET), "GetCallerIdentity");
  }
}
